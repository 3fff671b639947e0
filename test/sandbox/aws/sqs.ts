import { createHash, randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { awsJson } from '../../../cli/demo/sandbox/aws/secrets-manager.ts';
import type { Answer, SandboxRequest, Service } from '../../../cli/demo/sandbox/http/exchange.ts';
import { invalid, isSigned } from './secrets-manager.ts';

/** A message that the queue holds, or has delivered. */
export interface QueuedMessage {
  readonly messageId: string;
  readonly body: string;
  readonly groupId: string;
  readonly deduplicationId: string;
}

/** The failures that can be switched on, with the sentences AWS uses. */
const FAILURES = {
  AccessDeniedException: 'User is not authorized to perform: sqs:sendmessage on resource',
  QueueDoesNotExist: 'The specified queue does not exist.',
  RequestThrottled: 'Rate exceeded',
} as const;

/** The queue's name; a FIFO queue's ends like this. */
const QUEUE = 'jobs.fifo';

const QUEUE_ARN = `arn:aws:sqs:us-east-1:000000000000:${QUEUE}`;

const entry = v.strictObject({
  Id: v.string(),
  MessageBody: v.string(),
  MessageGroupId: v.optional(v.string()),
  MessageDeduplicationId: v.optional(v.string()),
});

const queueUrl = v.pipe(v.string(), v.endsWith(`/${QUEUE}`));

/** Of what AWS's service model has, what this project sends. */
const SENDING = v.strictObject({ QueueUrl: queueUrl, Entries: v.array(entry) });
const COUNTING = v.strictObject({ QueueUrl: queueUrl, AttributeNames: v.array(v.string()) });

type Entry = v.InferOutput<typeof entry>;

/**
 * Amazon SQS with one FIFO queue, as far as `SendMessageBatch` and `GetQueueAttributes` (AWS JSON 1.0), and what Lambda's
 * poller does.
 */
export class Sqs implements Service {
  /** While set, every call fails with it. */
  failure: keyof typeof FAILURES | undefined;
  /** Called for every message of a batch; SQS does not take one for which this returns a code. */
  refuse: (body: string) => string | undefined = () => undefined;
  /** What waits, the oldest first. */
  readonly messages: QueuedMessage[] = [];
  /** How many messages have been delivered whose jobs have not ended. */
  running = 0;
  /** Deduplication ids that were taken: SQS forgets them after five minutes. */
  readonly #taken = new Set<string>();

  /** @param base where the service is */
  queueUrl(base: string): string {
    return `${base}/000000000000/${QUEUE}`;
  }

  answer(request: SandboxRequest): Answer {
    if (!isSigned(request))
      return refusal('MissingAuthenticationTokenException', 'Missing Authentication Token');
    if (this.failure !== undefined) return refusal(this.failure, FAILURES[this.failure]);
    switch (request.headers['x-amz-target']) {
      case 'AmazonSQS.SendMessageBatch':
        return this.#sendAll(request.body);
      case 'AmazonSQS.GetQueueAttributes':
        return this.#count(request.body);
      default:
        return refusal('UnknownOperationException', 'The sandbox does not know this operation.');
    }
  }

  #count(body: unknown): Answer {
    const { success, output, issues } = v.safeParse(COUNTING, body);
    if (!success) return refused(issues);
    const known = {
      ApproximateNumberOfMessages: String(this.messages.length),
      ApproximateNumberOfMessagesNotVisible: String(this.running),
      QueueArn: QUEUE_ARN,
    };
    const asked = Object.entries(known).filter(([name]) => output.AttributeNames.includes(name));
    return awsJson(200, { Attributes: Object.fromEntries(asked) });
  }

  #sendAll(body: unknown): Answer {
    const { success, output, issues } = v.safeParse(SENDING, body);
    if (!success) return refused(issues);
    const { Entries: entries } = output;
    if (entries.length === 0 || entries.length > 10)
      return refusal('TooManyEntriesInBatchRequest', 'Maximum number of entries per request are 10.');
    const results = entries.map((entry) => this.#send(entry));
    return awsJson(200, {
      Successful: results.filter((result) => 'MessageId' in result),
      Failed: results.filter((result) => 'Code' in result),
    });
  }

  fail(_request: SandboxRequest, status: number): Answer {
    return awsJson(status, { __type: 'InternalFailure', message: 'a fault of the sandbox' });
  }

  /** Takes the oldest message away, as the payload with which Lambda's poller invokes a function. */
  deliver(): { readonly Records: readonly object[] } | undefined {
    const message = this.messages.shift();
    return message && sqsEvent(message);
  }

  #send({ Id, MessageBody: body, MessageGroupId: groupId, MessageDeduplicationId: deduplicationId }: Entry) {
    const failed = (Code: string) => ({ Id, Code, SenderFault: false, Message: 'a fault of the sandbox' });
    if (body === '') return failed('InvalidMessageContents');
    if (groupId === undefined || deduplicationId === undefined) return failed('MissingParameter');
    const code = this.refuse(body);
    if (code !== undefined) return failed(code);
    const message = { messageId: randomUUID(), body, groupId, deduplicationId };
    if (!this.#taken.has(deduplicationId)) this.messages.push(message);
    this.#taken.add(deduplicationId);
    return { Id, MessageId: message.messageId, MD5OfMessageBody: md5(body), SequenceNumber: '1' };
  }
}

/** @returns a message as the payload with which Lambda's poller invokes a function */
export function sqsEvent({ messageId = randomUUID(), body, groupId = 'group' }: Partial<QueuedMessage>) {
  return {
    Records: [
      {
        messageId,
        receiptHandle: 'handle',
        body,
        attributes: { ApproximateReceiveCount: '1', MessageGroupId: groupId },
        messageAttributes: {},
        md5OfBody: md5(body ?? ''),
        eventSource: 'aws:sqs',
        eventSourceARN: QUEUE_ARN,
        awsRegion: 'us-east-1',
      },
    ],
  };
}

function refused(issues: [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): Answer {
  const isOther = issues.some((issue) => v.getDotPath(issue) === 'QueueUrl' && issue.type === 'ends_with');
  return isOther ? refusal('QueueDoesNotExist', FAILURES.QueueDoesNotExist) : invalid(issues);
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

function refusal(type: string, message: string): Answer {
  return awsJson(400, { __type: `com.amazonaws.sqs#${type}`, message });
}

import { createHash, randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { Answer, SandboxRequest, Service } from '../http/exchange.ts';
import { awsJson, invalid, isSigned } from './protocols.ts';

/** A message that the queue holds, or has handed over. */
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

const entry = v.strictObject({
  Id: v.string(),
  MessageBody: v.string(),
  MessageGroupId: v.optional(v.string()),
  MessageDeduplicationId: v.optional(v.string()),
});

/** Of what AWS's service model has, what this project sends. */
const REQUEST = v.strictObject({ QueueUrl: v.string(), Entries: v.array(entry) });

type Entry = v.InferOutput<typeof entry>;

/** Amazon SQS with one FIFO queue, as far as `SendMessageBatch` (AWS JSON 1.0), and what Lambda's poller does. */
export class Sqs implements Service {
  /** While set, every call fails with it. */
  failure: keyof typeof FAILURES | undefined;
  /** Called for every message of a batch; SQS does not take one for which this returns a code. */
  refuse: (body: string) => string | undefined = () => undefined;
  /** What waits, the oldest first. */
  readonly messages: QueuedMessage[] = [];
  /** Deduplication ids that were taken: SQS forgets them after five minutes. */
  readonly #taken = new Set<string>();

  /** @param base where the service is */
  queueUrl(base: string): string {
    return `${base}/000000000000/${QUEUE}`;
  }

  answer(request: SandboxRequest): Answer {
    if (!isSigned(request))
      return refusal('MissingAuthenticationTokenException', 'Missing Authentication Token');
    if (request.headers['x-amz-target'] !== 'AmazonSQS.SendMessageBatch')
      return refusal('UnknownOperationException', 'The sandbox knows SendMessageBatch only.');
    if (this.failure !== undefined) return refusal(this.failure, FAILURES[this.failure]);
    const { success, output, issues } = v.safeParse(REQUEST, request.body);
    if (!success) return invalid(issues);
    const { QueueUrl: url, Entries: entries } = output;
    if (!url.endsWith(`/${QUEUE}`)) return refusal('QueueDoesNotExist', FAILURES.QueueDoesNotExist);
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
        eventSourceARN: `arn:aws:sqs:us-east-1:000000000000:${QUEUE}`,
        awsRegion: 'us-east-1',
      },
    ],
  };
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}

function refusal(type: string, message: string): Answer {
  return awsJson(400, { __type: `com.amazonaws.sqs#${type}`, message });
}

import { createHash } from 'node:crypto';
import { GetQueueAttributesCommand, SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import { clientOptions } from '../aws/client.ts';
import { kindOf } from '../aws/errors.ts';
import { HOW_TO_TRUST } from '../http/agents.ts';
import { type QueueCode, QueueError } from './errors.ts';
import { messageOf, type RoundJob } from './message.ts';

/** The outcome of sending jobs to a queue. */
export interface Enqueued {
  /** The jobs that it has not accepted, or may not have accepted. */
  readonly left: readonly RoundJob[];
  /** Why; null if it has accepted all. */
  readonly error: QueueError | null;
}

/** The fan-out queue, which delivers the jobs of one secret one at a time, in order. */
export interface JobQueue {
  enqueue(
    to: { readonly url: string; readonly secretId: string },
    jobs: readonly RoundJob[],
    signal: AbortSignal,
  ): Promise<Enqueued>;
}

/** The jobs in a queue, as far as SQS knows: it counts approximately. */
export interface JobCounts {
  readonly waiting: number;
  readonly running: number;
  readonly queueArn: string;
}

/** In milliseconds; all of it is bounded by the caller's signal. */
const LIMITS = { attempts: 3, connection: 2_000, response: 5_000 };

/** SQS accepts no more messages in one request. */
const BATCH = 10;

/** How often messages are sent that SQS has rejected while accepting others of their batch. */
const ATTEMPTS = 3;

/** Amazon SQS, as far as the planner of a round needs it. */
export const jobQueue: JobQueue = {
  /**
   * Sends jobs in order; one that is sent again comes after those that were accepted. Sending one twice does no harm: SQS
   * drops the duplicate.
   *
   * @throws {SettingsError} if the environment names a proxy that is unusable
   */
  async enqueue({ url, secretId }, jobs, signal) {
    const client = createClient();
    // One target, one queue, one group: jobs of one group are delivered one at a time. Targets that share a key have a
    // queue each, so their jobs run in parallel.
    const group = createHash('sha256').update(secretId).digest('hex').slice(0, 32);
    const sendBatch = async (batch: readonly RoundJob[]): Promise<Enqueued> => {
      const entries = batch.map((job, index) => ({
        Id: String(index),
        MessageBody: messageOf(job),
        MessageGroupId: group,
        MessageDeduplicationId: `${job.round}.${job.clusterId ?? 'summary'}`,
      }));
      const command = new SendMessageBatchCommand({ QueueUrl: url, Entries: entries });
      const response = await client.send(command, { abortSignal: signal });
      // Only jobs that the response confirms have been accepted.
      const accepted = new Set(response.Successful?.map(({ Id }) => Id));
      const left = batch.filter((_, index) => !accepted.has(String(index)));
      return {
        left,
        error: left.length === 0 ? null : problemOf({ name: response.Failed?.[0]?.Code }, SENDING),
      };
    };
    try {
      for (let from = 0; from < jobs.length; from += BATCH) {
        const outcome = await persist(sendBatch, jobs.slice(from, from + BATCH));
        if (outcome.error !== null)
          return { left: [...outcome.left, ...jobs.slice(from + BATCH)], error: outcome.error };
      }
      return { left: [], error: null };
    } finally {
      client.destroy();
    }
  },
};

async function persist(
  send: (batch: readonly RoundJob[]) => Promise<Enqueued>,
  batch: readonly RoundJob[],
): Promise<Enqueued> {
  let outcome: Enqueued = { left: batch, error: null };
  for (let attempt = 0; attempt < ATTEMPTS && outcome.left.length > 0; attempt += 1) {
    const { left } = outcome;
    try {
      outcome = await send(left);
    } catch (thrown) {
      // The SDK has tried several times.
      return { left, error: problemOf(thrown, SENDING) };
    }
  }
  return outcome;
}

/**
 * @returns the numbers of jobs that wait, and that have been delivered and not ended
 * @throws {QueueError} if the queue does not say
 * @throws {SettingsError} if the environment names a proxy that is unusable
 */
export async function countJobs(url: string, signal: AbortSignal): Promise<JobCounts> {
  const client = createClient();
  try {
    const command = new GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible', 'QueueArn'],
    });
    const { Attributes = {} } = await client.send(command, { abortSignal: signal });
    const count = (text = '') => (/^\d+$/.test(text) ? Number(text) : Number.NaN);
    const counts = {
      waiting: count(Attributes.ApproximateNumberOfMessages),
      running: count(Attributes.ApproximateNumberOfMessagesNotVisible),
      queueArn: Attributes.QueueArn ?? '',
    };
    if (Number.isNaN(counts.waiting + counts.running)) throw problemOf(undefined, COUNTING);
    return counts;
  } catch (thrown) {
    throw thrown instanceof QueueError ? thrown : problemOf(thrown, COUNTING);
  } finally {
    client.destroy();
  }
}

/** @throws {SettingsError} if the environment names a proxy that is unusable */
function createClient(): SQSClient {
  return new SQSClient({
    ...clientOptions(LIMITS),
    // Otherwise the SDK logs a warning about the address.
    useQueueUrlAsEndpoint: false,
  });
}

/** A request to the queue: its permission, what a refusal means, and what comes next. */
interface Request {
  readonly permission: string;
  readonly refusal: string;
  readonly next: string;
}

const SENDING: Request = {
  permission: 'sqs:SendMessage',
  refusal: 'SQS did not take the jobs. The next attempt plans a round of its own',
  next: 'the next attempt plans a round of its own',
};

const COUNTING: Request = {
  permission: 'sqs:GetQueueAttributes',
  refusal: 'SQS did not say how many jobs wait or run, so nothing was removed. Clear again',
  next: 'nothing was removed, so clear again',
};

/** Only the kind of AWS's error is read: its texts contain the request. */
function problemOf(thrown: unknown, { permission, refusal, next }: Request): QueueError {
  const problem = (code: QueueCode, message: string) => new QueueError(code, message);
  switch (kindOf(thrown)) {
    case 'denied':
      return problem(
        'QUEUE_ACCESS_DENIED',
        `The function may not use its fan-out queue. Allow its role ${permission} there, and check the queue's policy.`,
      );
    case 'missing':
      return problem(
        'QUEUE_NOT_FOUND',
        'The fan-out queue does not exist. Check FAN_OUT_QUEUE_URL against: aws sqs list-queues; or deploy again.',
      );
    case 'untrusted':
      return problem(
        'QUEUE_UNREACHABLE',
        `The TLS certificate presented for SQS is not trusted. ${HOW_TO_TRUST}`,
      );
    case 'unresolved':
    case 'proxy':
    case 'unreachable':
      return problem(
        'QUEUE_UNREACHABLE',
        `SQS could not be reached in time. If the function is in a VPC, give it an endpoint for sqs or a NAT gateway; ${next}.`,
      );
    default:
      return problem('QUEUE_REFUSED', `${refusal}; if it stays so, check the AWS Health Dashboard.`);
  }
}

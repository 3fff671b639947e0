import * as v from 'valibot';
import { UUID } from '../domain/words.ts';
import { isRecord, parsedJson } from '../input/json.ts';
import { ETAG } from '../input/plain-text.ts';
import type { KnownEvidence } from '../run/ports.ts';
import { JobError } from './errors.ts';

/** One part of a round, which the planner puts into the fan-out queue. */
export interface RoundJob {
  /** The target's name. */
  readonly target: string;
  /** When the round was planned, ISO 8601, which identifies it. */
  readonly round: string;
  /** The digest of the feed that the planner read; null if it read none. */
  readonly feed: string | null;
  /** The cluster to manage; null for the summary of the whole fleet, a round's last job. */
  readonly clusterId: string | null;
  /** What the planner knew of the account's own machines. Omitted where own evidence does not decide. */
  readonly evidence?: KnownEvidence;
}

/** The payload with which Lambda's poller invokes a function; anyone else may send the same form. */
interface QueueEvent {
  readonly Records: readonly unknown[];
}

/** @returns whether a payload has the form of a queue's: `Records` only, at least one of them from SQS */
export function isQueueEvent(payload: unknown): payload is QueueEvent {
  if (!isRecord(payload) || Object.keys(payload).join() !== 'Records') return false;
  const { Records: records } = payload;
  return (
    Array.isArray(records) &&
    records.some((record) => isRecord(record) && record['eventSource'] === 'aws:sqs')
  );
}

/** Raised with every change that an older function would misunderstand. */
const VERSION = 3;

/** Milliseconds by which the clocks of two invocations may differ. */
const SKEW = 60_000;

const time = v.pipe(
  v.string(),
  v.check((text) => Number.isFinite(Date.parse(text)) && new Date(text).toISOString() === text),
);

const schema = v.pipe(
  v.object({
    version: v.picklist([VERSION]),
    target: v.string(),
    round: time,
    feed: v.nullable(v.pipe(v.string(), v.regex(ETAG))),
    kind: v.picklist(['cluster', 'summary']),
    cluster: v.optional(v.pipe(v.string(), v.regex(UUID))),
    evidence: v.optional(
      v.strictObject({
        until: time,
        isLacking: v.boolean(),
        hidden: v.nullable(v.pipe(v.string(), v.maxLength(1_000))),
      }),
    ),
  }),
  v.check(({ kind, cluster }) => (kind === 'cluster') === (cluster !== undefined)),
);

/** @returns a job as a message. It holds no secret */
export function messageOf({ target, round, feed, clusterId, evidence }: RoundJob): string {
  const facts = { version: VERSION, target, round, feed, ...(evidence && { evidence }) };
  return JSON.stringify(
    clusterId === null ? { ...facts, kind: 'summary' } : { ...facts, kind: 'cluster', cluster: clusterId },
  );
}

/**
 * Reads the job in the payload of an invocation by a queue.
 *
 * @param target the function's
 * @param now milliseconds since 1970
 * @throws {JobError} if it holds none for this function
 */
export function readJob({ Records: records }: QueueEvent, target: string, now: number): RoundJob {
  const [record] = records;
  if (records.length !== 1 || !isRecord(record))
    throw unreadable('it is not one record. Set the batch size of the event source mapping to 1');
  const body = record['body'];
  const message = typeof body === 'string' ? parsedJson(body) : undefined;
  if (isRecord(message) && Number.isInteger(message['version']) && message['version'] !== VERSION)
    throw new JobError(
      'JOB_OF_OTHER_VERSION',
      'A message in the fan-out queue is of another version of spot-blacklist, so nothing was done. After an upgrade this ends with the round; if not, check who else sends to the queue.',
    );
  const { success, output } = v.safeParse(schema, message);
  const isKnown = (key: string) => Object.hasOwn(schema.entries, key);
  if (!success || !Object.keys(message ?? {}).every(isKnown))
    throw unreadable('it does not have the form of one. Check who else sends to the queue');
  if (output.target !== target)
    throw new JobError(
      'JOB_OF_OTHER_TARGET',
      `A message in the fan-out queue is for another target than ${target}, so nothing was done. Give every target a queue of its own, and check who else sends to this one.`,
    );
  if (Date.parse(output.round) > now + SKEW)
    throw unreadable('its round is in the future. Check who else sends to the queue');
  return {
    target,
    round: output.round,
    feed: output.feed,
    clusterId: output.cluster ?? null,
    ...(output.evidence && { evidence: output.evidence }),
  };
}

function unreadable(why: string): JobError {
  return new JobError(
    'JOB_UNREADABLE',
    `A message in the fan-out queue is no job, so nothing was done: ${why}.`,
  );
}

import { randomUUID } from 'node:crypto';
import type { Answer, SandboxRequest, Service } from '../http/exchange.ts';
import { parseJson } from '../http/exchange.ts';
import { awsJson, isSigned, refusal } from './json-protocol.ts';

/** An event that the bus accepted. */
export interface RecordedEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
  /** The size as EventBridge counts it, in bytes. */
  readonly size: number;
}

/** The failures that can be switched on, with the sentences AWS uses. */
const FAILURES = {
  AccessDeniedException:
    'User is not authorized to perform: events:PutEvents on resource: arn:aws:events:us-east-1:000000000000:event-bus/default',
  ThrottlingException: 'Rate exceeded',
} as const;

/** The maximum size of an entry, in bytes. */
const MAX_BYTES = 256 * 1024;

/** The account's only bus. */
const BUS = 'default';

type Entry = Readonly<Record<string, unknown>>;

/** Amazon EventBridge as far as `PutEvents` (AWS JSON 1.1), on the default bus. */
export class EventBridge implements Service {
  /** While set, every call fails with it. */
  failure: keyof typeof FAILURES | undefined;
  /** While set, every call is answered with 200, but every entry fails with it. */
  entryFailure: string | undefined;
  /** The received events, oldest first. */
  readonly events: RecordedEvent[] = [];

  answer(request: SandboxRequest): Answer {
    if (!isSigned(request))
      return refusal('MissingAuthenticationTokenException', 'Missing Authentication Token');
    if (request.headers['x-amz-target'] !== 'AWSEvents.PutEvents')
      return refusal('UnknownOperationException', 'The sandbox knows PutEvents only.');
    if (this.failure !== undefined) return refusal(this.failure, FAILURES[this.failure]);

    const entries = entriesIn(request.body);
    if (entries.length === 0 || entries.length > 10)
      return refusal('ValidationException', "Value at 'entries' failed to satisfy constraint: 1 to 10");
    if (entries.reduce((sum, entry) => sum + sizeOf(entry), 0) > MAX_BYTES)
      return refusal('ValidationException', 'Total size of the entries in the request is over the limit.');
    const results = entries.map((entry) => this.#put(entry));
    const FailedEntryCount = results.filter((result) => 'ErrorCode' in result).length;
    return awsJson(200, { FailedEntryCount, Entries: results });
  }

  fail(_request: SandboxRequest, status: number): Answer {
    return awsJson(status, { __type: 'InternalException', message: 'a fault of the sandbox' });
  }

  #put(entry: Entry) {
    const { EventBusName = BUS, Source: source, DetailType: detailType, Detail } = entry;
    if (this.entryFailure !== undefined)
      return { ErrorCode: this.entryFailure, ErrorMessage: `refused: ${JSON.stringify(entry)}` };
    if (EventBusName !== BUS)
      return { ErrorCode: 'InvalidArgument', ErrorMessage: 'The event bus does not exist.' };
    if (typeof source !== 'string' || source === '' || source.startsWith('aws.'))
      return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Parameter Source is not valid.' };
    if (typeof detailType !== 'string' || detailType === '' || detailType.length > 128)
      return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Parameter DetailType is not valid.' };
    const detail = typeof Detail === 'string' ? parseJson(Detail) : undefined;
    if (!isObject(detail)) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
    this.events.push({ source, detailType, detail, size: sizeOf(entry) });
    return { EventId: randomUUID() };
  }
}

function entriesIn(body: unknown): Entry[] {
  const entries = isObject(body) ? body['Entries'] : undefined;
  return Array.isArray(entries) ? entries.filter(isObject) : [];
}

/** As EventBridge's documentation counts: 14 bytes for the time, and texts in UTF-8. */
function sizeOf({ Time, Source, DetailType, Detail, Resources }: Entry): number {
  const texts = [Source, DetailType, Detail, ...(Array.isArray(Resources) ? Resources : [])];
  const bytes = texts.map((text) => (typeof text === 'string' ? Buffer.byteLength(text) : 0));
  return bytes.reduce((sum, one) => sum + one, Time === undefined ? 0 : 14);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

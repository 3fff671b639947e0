import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { awsJson, refusal } from '../../../cli/demo/sandbox/aws/secrets-manager.ts';
import {
  type Answer,
  parseJson,
  type SandboxRequest,
  type Service,
} from '../../../cli/demo/sandbox/http/exchange.ts';
import { objectOf } from '../castai/requests.ts';
import { invalid, isSigned } from './secrets-manager.ts';

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

const entry = objectOf({
  Time: v.optional(v.number()),
  Source: v.optional(v.string()),
  Resources: v.optional(v.array(v.pipe(v.string(), v.maxLength(2048)))),
  DetailType: v.optional(v.string()),
  Detail: v.optional(v.string()),
  EventBusName: v.optional(v.pipe(v.string(), v.minLength(1), v.maxLength(1600), v.regex(/^[\w.:/-]+$/))),
});

/** Of what AWS's service model has, what this project sends. */
const REQUEST = v.strictObject({ Entries: v.pipe(v.array(entry), v.minLength(1), v.maxLength(10)) });

type Entry = v.InferOutput<typeof entry>;

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

    const { success, output, issues } = v.safeParse(REQUEST, request.body);
    if (!success) return invalid(issues);
    const { Entries: entries } = output;
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
    if (source === undefined || source === '' || source.startsWith('aws.'))
      return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Parameter Source is not valid.' };
    if (detailType === undefined || detailType === '' || detailType.length > 128)
      return { ErrorCode: 'InvalidArgument', ErrorMessage: 'Parameter DetailType is not valid.' };
    const detail = parseJson(Detail ?? '');
    if (!isObject(detail)) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
    this.events.push({ source, detailType, detail, size: sizeOf(entry) });
    return { EventId: randomUUID() };
  }
}

/** As EventBridge's documentation counts: 14 bytes for the time, and texts in UTF-8. */
function sizeOf({ Time, Source, DetailType, Detail, Resources }: Entry): number {
  const bytes = [Source, DetailType, Detail, ...(Resources ?? [])].map((text) =>
    Buffer.byteLength(text ?? ''),
  );
  return bytes.reduce((sum, one) => sum + one, Time === undefined ? 0 : 14);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

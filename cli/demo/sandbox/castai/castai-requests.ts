import * as v from 'valibot';

// What the contract (CAST AI's OpenAPI description) accepts, and how the rest is refused.

export type Lifecycle = 'all' | 'spot' | 'on_demand';

/** One field violation of a request, in CAST AI's format. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** A refused request. It becomes the response and never leaves the sandbox as an exception. */
export class Refusal extends Error {
  readonly status: number;
  readonly fieldViolations: readonly FieldViolation[];

  constructor(status: number, message: string, fieldViolations: readonly FieldViolation[] = []) {
    super(message);
    this.status = status;
    this.fieldViolations = fieldViolations;
  }
}

const optional = <Schema extends v.GenericSchema>(schema: Schema) => v.nullish(schema, null);

/** Exactly one of the two must be given, and a name in the wrong one would blacklist nothing: refuse both. */
const selector = {
  instanceType: optional(
    v.pipe(v.string(), v.regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, 'must be a type like m5.large')),
  ),
  instanceFamily: optional(v.pipe(v.string(), v.regex(/^[a-z0-9-]+$/, 'must be a family like m5'))),
};

const scope = {
  organizationId: optional(v.string()),
  clusterId: optional(v.string()),
  lifecycle: v.optional(v.picklist(['all', 'spot', 'on_demand']), 'all'),
};

/** RFC 3339 with a time zone, as protobuf's JSON requires; `Date.parse` alone would accept almost anything. */
const timestamp = v.pipe(
  v.string(),
  v.regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})$/, 'must be an RFC 3339 time'),
  v.check((text) => !Number.isNaN(Date.parse(text)), 'must be a time that exists'),
);

const oneSelectorIsSet = (request: { instanceType: string | null; instanceFamily: string | null }) =>
  (request.instanceType === null) !== (request.instanceFamily === null);
const ONE_SELECTOR = 'exactly one of instanceType and instanceFamily must be set';

const removal = v.pipe(
  v.strictObject({ ...scope, ...selector }),
  v.check((request) => oneSelectorIsSet(request), ONE_SELECTOR),
);

const addition = v.pipe(
  v.strictObject({
    ...scope,
    ...selector,
    expiresAt: optional(timestamp),
    reason: v.optional(v.string(), ''),
  }),
  v.check((request) => oneSelectorIsSet(request), ONE_SELECTOR),
);

const listQuery = v.strictObject({
  organizationId: v.optional(v.string()),
  clusterId: v.optional(v.string()),
});

export type Removal = v.InferOutput<typeof removal>;
export type Addition = v.InferOutput<typeof addition>;
export type ListQuery = v.InferOutput<typeof listQuery>;

/** @throws {Refusal} 400 unless `body` is what the remove endpoint accepts. */
export const parseRemoval = (body: unknown): Removal => parse(removal, body);

/** @throws {Refusal} 400 unless `body` is what the add endpoint accepts; an expiry must be after `now`. */
export function parseAddition(body: unknown, now: number): Addition {
  const request = parse(addition, body);
  if (request.expiresAt !== null && Date.parse(request.expiresAt) <= now)
    throw invalid([{ field: 'expiresAt', description: 'must be in the future' }]);
  return request;
}

/** @throws {Refusal} 400 unless `query` is what the list endpoint accepts. */
export const parseListQuery = (query: unknown): ListQuery => parse(listQuery, query);

/** @throws {Refusal} 400 if there is a query. */
export const parseNoQuery = (query: unknown): unknown => parse(v.strictObject({}), query);

/** @throws {Refusal} 400, with what is wrong, unless the schema accepts the input. */
export function parse<Output>(schema: v.GenericSchema<unknown, Output>, input: unknown): Output {
  if (input === undefined) throw new Refusal(400, 'the body is not JSON');
  const result = v.safeParse(schema, input, { abortPipeEarly: true });
  if (result.success) return result.output;
  throw invalid(
    result.issues.map((issue) => ({ field: v.getDotPath(issue) ?? '', description: issue.message })),
  );
}

function invalid(fieldViolations: readonly FieldViolation[]): Refusal {
  return new Refusal(400, 'invalid request', fieldViolations);
}

import * as v from 'valibot';
import { Refusal } from '../../../cli/demo/sandbox/castai/castai.ts';
import type { SandboxRequest } from '../../../cli/demo/sandbox/http/exchange.ts';

// What the contract (CAST AI's OpenAPI description) accepts, and how the rest is refused.

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

const isCursor = (text: string) => /^\d+$/.test(Buffer.from(text, 'base64url').toString());

const flag = v.optional(v.picklist(['true', 'false']));

const templateQuery = v.strictObject({ includeDefault: flag, excludeStats: flag });

const nodeQuery = v.strictObject({
  'page.limit': v.optional(
    v.pipe(v.string(), v.regex(/^([1-9]\d?|[1-4]\d\d|500)$/, 'must be from 1 to 500')),
  ),
  'page.cursor': v.optional(v.pipe(v.string(), v.check(isCursor, 'invalid cursor'))),
  lifecycleType: v.optional(v.picklist(['lifecycle_type_unspecified', 'on_demand', 'fallback', 'spot'])),
  nodeStatus: v.optional(
    v.picklist([
      ...(['node_status_unspecified', 'unknown', 'pending', 'creating', 'ready', 'not_ready'] as const),
      ...(['draining', 'deleting', 'deleted', 'interrupted', 'cordoned'] as const),
    ]),
  ),
  excludeDeleting: flag,
});

/** The query of each route that has one. */
const QUERIES: Readonly<Record<string, v.GenericSchema>> = {
  list: listQuery,
  templates: templateQuery,
  nodes: nodeQuery,
};

/**
 * @param now milliseconds since the epoch: an expiry must be later
 * @returns the request, with the defaults of what it leaves out
 * @throws {Refusal} 400 unless it is what its endpoint accepts
 */
export function accepted(request: SandboxRequest, now: number): SandboxRequest {
  const { route, query, body } = request;
  parse(QUERIES[route ?? ''] ?? v.strictObject({}), query);
  if (route === 'remove') return { ...request, body: parse(removal, body) };
  if (route !== 'add') return request;
  const added = parse(addition, body);
  if (added.expiresAt !== null && Date.parse(added.expiresAt) <= now)
    throw new Refusal(400, 'invalid request', [{ field: 'expiresAt', description: 'must be in the future' }]);
  return { ...request, body: added };
}

/** @throws {Refusal} 400, with what is wrong, unless the schema accepts the input. */
export function parse<Output>(schema: v.GenericSchema<unknown, Output>, input: unknown): Output {
  if (input === undefined) throw new Refusal(400, 'the body is not JSON');
  const result = v.safeParse(schema, input, { abortPipeEarly: true });
  if (result.success) return result.output;
  const violations = result.issues.map((issue) => ({
    field: v.getDotPath(issue) ?? '',
    description: issue.message,
  }));
  throw new Refusal(400, 'invalid request', violations);
}

/** An object with these members and no others. To Valibot, an array is an object, too. */
export function objectOf<Entries extends v.ObjectEntries>(entries: Entries) {
  return v.pipe(
    v.unknown(),
    v.check((value) => !Array.isArray(value), 'must be an object'),
    v.strictObject(entries),
  );
}

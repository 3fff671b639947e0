// What the contract accepts as queries for node templates and nodes.
import * as v from 'valibot';
import { parse } from './castai-requests.ts';

const flag = v.optional(v.picklist(['true', 'false']));

const templateQuery = v.strictObject({ includeDefault: flag, excludeStats: flag });

const nodeQuery = v.strictObject({
  'page.limit': v.optional(
    v.pipe(v.string(), v.regex(/^([1-9]\d?|[1-4]\d\d|500)$/, 'must be from 1 to 500')),
  ),
  'page.cursor': v.optional(v.pipe(v.string(), v.minLength(1))),
  lifecycleType: v.optional(v.picklist(['lifecycle_type_unspecified', 'on_demand', 'fallback', 'spot'])),
  nodeStatus: v.optional(
    v.picklist([
      ...(['node_status_unspecified', 'unknown', 'pending', 'creating', 'ready', 'not_ready'] as const),
      ...(['draining', 'deleting', 'deleted', 'interrupted', 'cordoned'] as const),
    ]),
  ),
  excludeDeleting: flag,
});

export type NodeQuery = v.InferOutput<typeof nodeQuery>;

/** @throws {Refusal} 400 unless `query` is what the list of node templates accepts. */
export const parseTemplateQuery = (query: unknown): v.InferOutput<typeof templateQuery> =>
  parse(templateQuery, query);

/** @throws {Refusal} 400 unless `query` is what the list of nodes accepts. */
export const parseNodeQuery = (query: unknown): NodeQuery => parse(nodeQuery, query);

const templateBody = v.object({
  name: v.optional(v.string()),
  constraints: v.optional(v.record(v.string(), v.unknown()), {}),
});

/** @throws {Refusal} 400 unless `body` is a node template. */
export const parseTemplate = (body: unknown): v.InferOutput<typeof templateBody> => parse(templateBody, body);

// What the contract accepts as requests about node templates and nodes.
import * as v from 'valibot';
import { objectOf } from '../http/exchange.ts';
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

const filterQuery = v.strictObject({ disableInstanceTypeDeduplication: flag });

/** @throws {Refusal} 400 unless `query` is what the evaluation of a node template accepts. */
export const parseFilterQuery = (query: unknown): v.InferOutput<typeof filterQuery> =>
  parse(filterQuery, query);

const boolean = v.optional(v.boolean());
const nullableBoolean = v.nullish(v.boolean());
const integer = v.nullish(v.pipe(v.number(), v.integer()));
const texts = v.optional(v.array(v.string()));
const state = v.optional(v.picklist(['DISABLED', 'ENABLED', 'NOT_SET']));

/** Of what CAST AI publishes, what the sandbox's templates have. */
const constraints = objectOf({
  spot: nullableBoolean,
  onDemand: nullableBoolean,
  useSpotFallbacks: nullableBoolean,
  architectures: texts,
  azs: texts,
  os: texts,
  minCpu: integer,
  maxCpu: integer,
  minMemory: integer,
  maxMemory: integer,
  maxPricePerCpu: v.nullish(v.number()),
  resourceLimits: v.optional(
    objectOf({ cpuLimitEnabled: boolean, cpuLimitMaxCores: v.optional(v.pipe(v.number(), v.integer())) }),
  ),
  instanceFamilies: v.optional(objectOf({ include: texts, exclude: texts })),
  cpuManufacturers: v.optional(v.array(v.picklist(['AMD', 'AMPERE', 'APPLE', 'AWS', 'INTEL']))),
  bareMetal: nullableBoolean,
  computeOptimized: nullableBoolean,
  storageOptimized: nullableBoolean,
  burstable: state,
  customerSpecific: state,
  isGpuOnly: nullableBoolean,
  gpu: v.optional(
    objectOf({
      manufacturers: texts,
      includeNames: texts,
      excludeNames: texts,
      minCount: integer,
      maxCount: integer,
      fractionalGpus: state,
    }),
  ),
});

export type Constraints = v.InferOutput<typeof constraints>;

const templateBody = objectOf({
  name: v.optional(v.string()),
  isDefault: boolean,
  isEnabled: boolean,
  constraints: v.optional(constraints, {}),
});

/** @throws {Refusal} 400 unless `body` is a node template. */
export const parseTemplate = (body: unknown): v.InferOutput<typeof templateBody> => parse(templateBody, body);

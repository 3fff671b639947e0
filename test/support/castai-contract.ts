// The structure of CAST AI's answers about a cluster, by its published types: what the sandbox answers has to have it.
import * as v from 'valibot';

const flag = v.nullable(v.boolean());
const whole = v.nullable(v.pipe(v.number(), v.integer()));
const texts = v.array(v.string());
const state = v.picklist(['NOT_SET', 'ENABLED', 'DISABLED']);

const constraints = v.partial(
  v.strictObject({
    ...{ spot: flag, onDemand: flag, useSpotFallbacks: flag, fallbackRestoreRateSeconds: whole },
    ...{ architectures: texts, architecturePriority: texts, os: texts, azs: texts },
    ...{ minCpu: whole, maxCpu: whole, minMemory: whole, maxMemory: whole },
    instanceFamilies: v.partial(v.strictObject({ include: texts, exclude: texts })),
    isGpuOnly: flag,
    gpu: v.partial(
      v.strictObject({
        ...{ manufacturers: texts, includeNames: texts, excludeNames: texts },
        ...{ minCount: whole, maxCount: whole, fractionalGpus: state },
      }),
    ),
    ...{ burstable: state, customerSpecific: state, bareMetal: flag },
    ...{ computeOptimized: flag, storageOptimized: flag },
    cpuManufacturers: v.array(
      v.picklist(['CPU_MANUFACTURER_UNSPECIFIED', 'AMD', 'AMPERE', 'APPLE', 'AWS', 'INTEL']),
    ),
    maxPricePerCpu: v.nullable(v.number()),
    resourceLimits: v.strictObject({ cpuLimitEnabled: v.boolean(), cpuLimitMaxCores: whole }),
  }),
);

export const TEMPLATES = v.strictObject({
  items: v.array(
    v.strictObject({
      template: v.strictObject({
        name: v.string(),
        isDefault: v.boolean(),
        isEnabled: v.boolean(),
        constraints,
      }),
      stats: v.record(
        v.picklist(['countSpot', 'countOnDemand', 'countFallback', 'countSoleTenant']),
        v.number(),
      ),
    }),
  ),
});

const labels = v.record(v.string(), v.string());

export const NODES = v.strictObject({
  items: v.array(
    v.strictObject({
      ...{ id: v.string(), name: v.string(), cloud: v.string(), instanceType: v.string() },
      ...{ createdAt: v.pipe(v.string(), v.isoTimestamp()), role: v.string(), zone: v.string() },
      state: v.strictObject({ phase: v.string() }),
      ...{ labels, annotations: labels, taints: v.array(v.looseObject({})), resources: v.looseObject({}) },
      spotConfig: v.strictObject({ isSpot: v.boolean(), price: v.string() }),
      unschedulable: v.boolean(),
    }),
  ),
  nextCursor: v.string(),
});

export const POLICIES = v.partial(
  v.strictObject({
    ...{ enabled: flag, isScopedMode: flag, nodeTemplatesPartialMatchingEnabled: flag },
    spotInstances: v.partial(v.strictObject({ enabled: flag, maxReclaimRate: whole })),
    unschedulablePods: v.partial(v.strictObject({ enabled: flag })),
  }),
);

/** The queries that the contract has. */
export const QUERIES = {
  templates: ['includeDefault', 'excludeStats'],
  nodes: [
    ...['page.limit', 'page.cursor', 'lifecycleType', 'nodeStatus', 'excludeDeleting'],
    ...['instanceType', 'nodeTemplateName', 'zone'],
  ],
  policies: [],
} as const;

import { randomUUID } from 'node:crypto';

/** A node template, as CAST AI describes it. Its constraints may be anything: the sandbox does not check them. */
export interface NodeTemplate {
  readonly name: string;
  readonly isDefault: boolean;
  readonly isEnabled: boolean;
  readonly constraints: Readonly<Record<string, unknown>>;
}

/** A node, as CAST AI describes it. */
export interface ClusterNode {
  readonly id: string;
  readonly name: string;
  readonly cloud: string;
  readonly instanceType: string;
  readonly createdAt: string;
  readonly role: string;
  readonly state: { readonly phase: string };
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly taints: readonly Readonly<Record<string, unknown>>[];
  readonly resources: Readonly<Record<string, unknown>>;
  readonly spotConfig: { readonly isSpot: boolean; readonly price: string };
  readonly unschedulable: boolean;
  readonly zone: string;
}

/** The label that on-demand nodes have, too, where they were bought because Spot was unavailable. */
const SPOT_LABEL = 'scheduling.cast.ai/spot';
const FALLBACK_LABEL = 'scheduling.cast.ai/spot-fallback';
export const TEMPLATE_LABEL = 'scheduling.cast.ai/node-template';

/** Which machines a node is bought as. */
export type NodeLifecycle = 'spot' | 'fallback' | 'on_demand';

/** What the API fills in where a template says nothing, by public accounts of its answers. */
const DEFAULTS = {
  spot: true,
  onDemand: true,
  useSpotFallbacks: false,
  architectures: ['amd64'],
  os: ['linux'],
  azs: [],
  burstable: 'DISABLED',
  customerSpecific: 'DISABLED',
  maxPricePerCpu: 0,
  resourceLimits: { cpuLimitEnabled: false, cpuLimitMaxCores: 0 },
};

/** Returns a template that is enabled, for Spot and on-demand, with `constraints` on top. */
export function makeTemplate(
  name: string,
  constraints: Readonly<Record<string, unknown>> = {},
  overrides: Partial<NodeTemplate> = {},
): NodeTemplate {
  return {
    name,
    isDefault: false,
    isEnabled: true,
    constraints: { ...DEFAULTS, ...constraints },
    ...overrides,
  };
}

/** What every cluster of CAST AI's has. */
export const DEFAULT_TEMPLATE = makeTemplate('default-by-castai', {}, { isDefault: true });

/** Returns a node that runs, except for what `overrides` says. */
export function makeNode(
  instanceType: string,
  lifecycle: NodeLifecycle = 'spot',
  overrides: Partial<ClusterNode> = {},
): ClusterNode {
  const id = randomUUID();
  return {
    id,
    name: `ip-10-0-${id.slice(0, 4)}.ec2.internal`,
    cloud: 'aws',
    instanceType,
    createdAt: '2026-02-01T08:00:00Z',
    role: 'worker',
    state: { phase: 'ready' },
    labels: {
      'node.kubernetes.io/instance-type': instanceType,
      [TEMPLATE_LABEL]: DEFAULT_TEMPLATE.name,
      ...(lifecycle !== 'on_demand' && { [SPOT_LABEL]: 'true' }),
      ...(lifecycle === 'fallback' && { [FALLBACK_LABEL]: 'true' }),
    },
    annotations: {},
    taints: [],
    resources: { cpuAllocatableMilli: 3_920 },
    spotConfig: { isSpot: lifecycle === 'spot', price: '0' },
    unschedulable: false,
    zone: 'a',
    ...overrides,
  };
}

export function lifecycleOf({ spotConfig, labels }: ClusterNode): NodeLifecycle {
  if (spotConfig.isSpot) return 'spot';
  return FALLBACK_LABEL in labels ? 'fallback' : 'on_demand';
}

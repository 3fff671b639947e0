import { randomUUID } from 'node:crypto';
import type { SandboxRequest } from '../http/exchange.ts';

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

/** The label that on-demand nodes have, too, if they were bought because Spot was unavailable. */
const SPOT_LABEL = 'scheduling.cast.ai/spot';
const FALLBACK_LABEL = 'scheduling.cast.ai/spot-fallback';
export const TEMPLATE_LABEL = 'scheduling.cast.ai/node-template';

/** How a node is bought. */
export type NodeLifecycle = 'spot' | 'fallback' | 'on_demand';

/** The API's defaults for a template, according to public examples of its responses. */
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

/** The template that every CAST AI cluster has. */
export const DEFAULT_TEMPLATE = makeTemplate('default-by-castai', {}, { isDefault: true });

/** Returns a running node, with `overrides` applied. */
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

/** Nodes per page if the request does not specify it. */
const DEFAULT_PAGE = 50;

/** What a cluster has besides its blacklist: the same for every cluster of the sandbox. */
export class Inventory {
  templates: readonly NodeTemplate[] = [DEFAULT_TEMPLATE];
  nodes: readonly ClusterNode[] = [];
  /** The autoscaler policies. */
  policies: Readonly<Record<string, unknown>> = {
    enabled: true,
    isScopedMode: false,
    spotInstances: { enabled: true },
    unschedulablePods: { enabled: true },
    nodeTemplatesPartialMatchingEnabled: false,
  };

  answer({ route, query }: Pick<SandboxRequest, 'route' | 'query'>): unknown {
    switch (route) {
      case 'templates':
        return this.#listTemplates(query);
      case 'nodes':
        return this.#listNodes(query);
      default:
        return this.policies;
    }
  }

  #listTemplates(query: SandboxRequest['query']): unknown {
    const { includeDefault, excludeStats } = query;
    const items = this.templates
      .filter(({ isDefault }) => includeDefault === 'true' || !isDefault)
      .map((template) => ({ template, stats: statsOf(template, excludeStats === 'true' ? [] : this.nodes) }));
    return { items };
  }

  protected isListed(node: ClusterNode, query: SandboxRequest['query']): boolean {
    return isAsked(node, query);
  }

  #listNodes(query: SandboxRequest['query']): unknown {
    const nodes = this.nodes.filter((node) => this.isListed(node, query));
    const limit = Number(query['page.limit'] ?? DEFAULT_PAGE);
    const cursor = query['page.cursor'];
    const start = cursor === undefined ? 0 : Number(Buffer.from(cursor, 'base64url').toString());
    const end = start + limit;
    const nextCursor = end < nodes.length ? Buffer.from(String(end)).toString('base64url') : '';
    return { items: nodes.slice(start, end), nextCursor };
  }
}

function statsOf({ name }: NodeTemplate, nodes: readonly ClusterNode[]): Record<string, number> {
  const ofTemplate = nodes.filter(({ labels }) => labels[TEMPLATE_LABEL] === name).map(lifecycleOf);
  const count = (lifecycle: string) => ofTemplate.filter((one) => one === lifecycle).length;
  return {
    countSpot: count('spot'),
    countOnDemand: count('on_demand'),
    countFallback: count('fallback'),
    countSoleTenant: 0,
  };
}

function isAsked(node: ClusterNode, query: SandboxRequest['query']): boolean {
  const { lifecycleType, excludeDeleting, nodeStatus } = query;
  const wanted = [
    [lifecycleType, lifecycleOf(node)],
    [nodeStatus, node.state.phase],
  ];
  return (
    wanted.every(([asked, is]) => asked === undefined || asked.endsWith('_unspecified') || asked === is) &&
    (excludeDeleting !== 'true' || node.state.phase !== 'deleting')
  );
}

import * as v from 'valibot';
import type { SandboxRequest } from '../http/exchange.ts';
import { parse, Refusal } from './castai-requests.ts';
import {
  type ClusterNode,
  DEFAULT_TEMPLATE,
  lifecycleOf,
  type NodeTemplate,
  TEMPLATE_LABEL,
} from './inventory-state.ts';

// What the contract accepts as requests about node templates and nodes.

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

/** Nodes per page if the request does not say. */
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

  /** @throws {Refusal} if the request is not as the contract has it */
  answer({ route, query }: Pick<SandboxRequest, 'route' | 'query'>): unknown {
    switch (route) {
      case 'templates':
        return this.#listTemplates(query);
      case 'nodes':
        return this.#listNodes(parseNodeQuery(query));
      default:
        return this.policies;
    }
  }

  #listTemplates(query: SandboxRequest['query']): unknown {
    const { includeDefault, excludeStats } = parseTemplateQuery(query);
    const items = this.templates
      .filter(({ isDefault }) => includeDefault === 'true' || !isDefault)
      .map((template) => ({ template, stats: statsOf(template, excludeStats === 'true' ? [] : this.nodes) }));
    return { items };
  }

  protected isListed(node: ClusterNode, query: NodeQuery): boolean {
    return isAsked(node, query);
  }

  #listNodes(query: NodeQuery): unknown {
    const nodes = this.nodes.filter((node) => this.isListed(node, query));
    const limit = Number(query['page.limit'] ?? DEFAULT_PAGE);
    const cursor = query['page.cursor'];
    const start = cursor === undefined ? 0 : Number(Buffer.from(cursor, 'base64url').toString());
    if (!Number.isInteger(start)) throw new Refusal(400, 'invalid cursor');
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

function isAsked(node: ClusterNode, query: NodeQuery): boolean {
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

import {
  DEFAULT_TEMPLATE,
  makeNode,
  makeTemplate,
  TEMPLATE_LABEL,
} from '../sandbox/castai/inventory-state.ts';
import type { PlainSandbox } from '../sandbox/plain-sandbox.ts';

/** A template for each common kind of workload: all but the last may buy Spot. */
const TEMPLATES = [
  { ...DEFAULT_TEMPLATE, constraints: { ...DEFAULT_TEMPLATE.constraints, useSpotFallbacks: true } },
  makeTemplate('arm64', { architectures: ['arm64'], os: ['linux'], useSpotFallbacks: true, minCpu: 2 }),
  // A GPU has no replacement, and the driver is for these two families: the pods would wait.
  makeTemplate('gpu', {
    onDemand: false,
    isGpuOnly: true,
    gpu: { manufacturers: ['NVIDIA'], minCount: 1 },
    instanceFamilies: { include: ['g4dn', 'g5'] },
  }),
  makeTemplate('memory', { minMemory: 65_536, instanceFamilies: { include: ['r6i', 'r7i', 'x2iedn'] } }),
  makeTemplate('system', { spot: false }),
];

/** The Spot nodes: how many of each type, and of which template. */
const SPOT_NODES: readonly (readonly [template: string, type: string, nodes: number])[] = [
  [DEFAULT_TEMPLATE.name, 'm5.xlarge', 5],
  [DEFAULT_TEMPLATE.name, 'm6i.2xlarge', 3],
  [DEFAULT_TEMPLATE.name, 'c5.xlarge', 16],
  [DEFAULT_TEMPLATE.name, 't3.large', 6],
  ['arm64', 'c7g.2xlarge', 20],
  ['arm64', 'm7g.xlarge', 12],
  ['arm64', 'm7g.4xlarge', 6],
  ['gpu', 'g4dn.xlarge', 4],
  ['memory', 'r6i.2xlarge', 4],
  ['memory', 'x2iedn.2xlarge', 4],
];

/** Fills the stand-in's cluster: five templates, 80 Spot nodes, and some on-demand ones. */
export function equip({ castai: { inventory } }: PlainSandbox): void {
  inventory.templates = TEMPLATES;
  const nodesOf = (
    count: number,
    type: string,
    template: string,
    lifecycle: 'spot' | 'fallback' | 'on_demand',
  ) =>
    Array.from({ length: count }, () => {
      const node = makeNode(type, lifecycle);
      return { ...node, labels: { ...node.labels, [TEMPLATE_LABEL]: template } };
    });
  inventory.nodes = [
    ...SPOT_NODES.flatMap(([template, type, count]) => nodesOf(count, type, template, 'spot')),
    ...nodesOf(3, 'm5.2xlarge', DEFAULT_TEMPLATE.name, 'fallback'),
    ...nodesOf(6, 'm6i.large', 'system', 'on_demand'),
  ];
}

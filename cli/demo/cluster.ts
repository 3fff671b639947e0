import { historyOf, type Machines } from './sandbox/aws/capacity-manager.ts';
import {
  type ClusterNode,
  DEFAULT_TEMPLATE,
  makeNode,
  makeTemplate,
  TEMPLATE_LABEL,
} from './sandbox/castai/inventory.ts';
import type { PlainSandbox } from './sandbox/sandbox.ts';

/** A template for each common kind of workload: all but the last may buy Spot. */
const TEMPLATES = [
  { ...DEFAULT_TEMPLATE, constraints: { ...DEFAULT_TEMPLATE.constraints, useSpotFallbacks: true } },
  makeTemplate('arm64', { architectures: ['arm64'], os: ['linux'], useSpotFallbacks: true, minCpu: 2 }),
  // A GPU has no replacement, and the driver is for these two families: without Spot, the pods would wait.
  makeTemplate('gpu', {
    onDemand: false,
    isGpuOnly: true,
    gpu: { manufacturers: ['NVIDIA'], minCount: 1 },
    instanceFamilies: { include: ['g4dn', 'g5'] },
  }),
  // Few of its families are calm: it buys on-demand instead, and gets types back.
  makeTemplate('memory', {
    minMemory: 65_536,
    useSpotFallbacks: true,
    instanceFamilies: { include: ['r6i', 'r7i', 'x2iedn'] },
  }),
  makeTemplate('system', { spot: false }),
];

/** Milliseconds. */
const HOUR = 3_600_000;

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
export function equip({ castai: { inventory } }: PlainSandbox, now = Date.now()): void {
  inventory.templates = TEMPLATES;
  const hoursAgo = (hours: number) => ({ createdAt: new Date(now - hours * HOUR).toISOString() });
  const nodesOf = (
    count: number,
    type: string,
    template: string,
    lifecycle: 'spot' | 'fallback' | 'on_demand',
    more: Partial<ClusterNode> = {},
  ) =>
    Array.from({ length: count }, () => {
      const node = makeNode(type, lifecycle, more);
      return { ...node, labels: { ...node.labels, [TEMPLATE_LABEL]: template } };
    });
  inventory.nodes = [
    ...SPOT_NODES.flatMap(([template, type, count]) => nodesOf(count, type, template, 'spot')),
    ...nodesOf(3, 'm5.2xlarge', DEFAULT_TEMPLATE.name, 'fallback', hoursAgo(5)),
    // Above a tenth of its nodes; those of the default template are below. One of them cannot be drained.
    ...nodesOf(1, 'r7i.2xlarge', 'memory', 'fallback', hoursAgo(9)),
    ...nodesOf(1, 'r7i.2xlarge', 'memory', 'fallback', {
      ...hoursAgo(75),
      name: 'ip-10-0-73-20.ec2.internal',
    }),
    ...nodesOf(6, 'm6i.large', 'system', 'on_demand'),
  ];
}

const ZONES = ['az1', 'az2', 'az3'];

/** One machine every so many hours, over two weeks. */
const every = (hours: number): Record<number, number> =>
  Object.fromEntries(Array.from({ length: Math.floor(336 / hours) }, (_, index) => [(index + 1) * hours, 1]));

/** The machines that the account ran in all of its clusters: more than the demonstration's cluster has. */
const MACHINES: readonly Machines[] = [
  { instanceType: 'm5.xlarge', machines: 16, zones: ZONES, interruptions: { 100: 1 } },
  { instanceType: 'm6i.2xlarge', machines: 3, zones: ZONES, interruptions: every(40) },
  { instanceType: 'c5.xlarge', machines: 16, interruptions: every(120) },
  { instanceType: 't3.large', machines: 6, interruptions: { 20: 3 } },
  { instanceType: 'c7g.2xlarge', machines: 14, zones: ZONES, interruptions: { 100: 2 } },
  { instanceType: 'm7g.xlarge', machines: 12 },
  { instanceType: 'm7g.4xlarge', machines: 6, interruptions: { 9: 1, 99: 1 } },
  { instanceType: 'g4dn.xlarge', machines: 4, interruptions: { 7: 2, 31: 1, 170: 1 } },
  { instanceType: 'x2iedn.2xlarge', machines: 4 },
];

/** Fills the stand-in's EC2 Capacity Manager with two weeks of an account's Spot machines. */
export function recordMachines({ capacityManager }: PlainSandbox, region: string, now = Date.now()): void {
  capacityManager.machineHours = historyOf(
    MACHINES.map((machines) => ({ ...machines, region })),
    now,
  );
}

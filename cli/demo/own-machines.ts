import { historyOf, type Machines } from '../sandbox/aws/machine-history.ts';
import type { PlainSandbox } from '../sandbox/plain-sandbox.ts';

const ZONES = ['az1', 'az2', 'az3'];

/** Every so many hours one machine, over two weeks. */
const every = (hours: number): Record<number, number> =>
  Object.fromEntries(Array.from({ length: Math.floor(336 / hours) }, (_, index) => [(index + 1) * hours, 1]));

/** What the account ran, in all of its clusters: more than the one of the demonstration has. */
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

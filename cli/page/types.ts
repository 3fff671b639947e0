import { ACTIONS, isAction } from '../../lambda/domain/action.ts';
import { type Architecture, architectureOf, familyOf } from '../../lambda/domain/instance-type.ts';
import { classOf, type MachineClass } from '../../lambda/domain/machine-class.ts';
import type { ShownCluster, ShownDecision, ShownResult } from '../read-result.ts';

/** One instance type in one cluster, as the page shows it. */
export interface ShownType {
  readonly instanceType: string;
  readonly family: string;
  readonly size: string;
  readonly architecture: Architecture;
  readonly machineClass: MachineClass;
  /** The label; null where the feed does not have the type, or was not asked. */
  readonly band: string | null;
  readonly savings: number | null;
  /** Null for a type that nothing had to be decided about. */
  readonly decision: ShownDecision | null;
  /** Whether it can be bought as Spot once the plan is carried out. */
  readonly isAvailable: boolean;
}

/** @returns every type of a cluster: those that were decided about, riskiest first, then the calm ones by name */
export function typesOf(cluster: ShownCluster, { regions }: ShownResult): ShownType[] {
  const bands = Object.hasOwn(regions, cluster.region ?? '') ? (regions[cluster.region ?? ''] ?? {}) : {};
  const facts = new Map(
    Object.entries(bands).flatMap(([band, types]) =>
      Object.entries(types).map(([type, savings]) => [type, { band, savings }] as const),
    ),
  );
  const unavailable = new Set(cluster.unavailable);
  const decided = cluster.decisions.map((decision) => {
    const { instanceType, band, savings, action } = decision;
    const isAvailable = !keepsOff(action) && !unavailable.has(instanceType);
    return { ...named(instanceType), band, savings, decision, isAvailable };
  });
  for (const { instanceType } of cluster.decisions) facts.delete(instanceType);
  const calm = [...facts].map(([instanceType, { band, savings }]) => {
    return {
      ...named(instanceType),
      band,
      savings,
      decision: null,
      isAvailable: !unavailable.has(instanceType),
    };
  });
  return [...decided, ...calm.sort((a, b) => naturally(a.instanceType, b.instanceType))];
}

/** A result of another version may name an action that this one does not know. */
function keepsOff(action: string): boolean {
  return isAction(action) && ACTIONS[action].keepsOff;
}

/** Whether the result contains calm types too; one of an older version, or of `clear`, does not. */
export function isComplete(cluster: ShownCluster, { regions }: ShownResult): boolean {
  return cluster.decisionsOmitted === 0 && Object.hasOwn(regions, cluster.region ?? '');
}

function named(instanceType: string) {
  const family = instanceType.includes('.') ? familyOf(instanceType) : instanceType;
  const size = instanceType.slice(family.length + 1);
  const kind = { architecture: architectureOf(instanceType), machineClass: classOf(instanceType) };
  return { instanceType, family, size, ...kind };
}

const SMALL = ['nano', 'micro', 'small', 'medium', 'large', 'xlarge'];

/** Sorts sizes from the smallest to the largest, bare metal last. */
export function bySize(a: string, b: string): number {
  return rankOf(a) - rankOf(b) || naturally(a, b);
}

function rankOf(size: string): number {
  if (SMALL.includes(size)) return SMALL.indexOf(size);
  const [, metal, times] = /^(metal)?-?(\d+)?x?l?/.exec(size) ?? [];
  return (metal === undefined ? 100 : 10_000) + Number(times ?? 0);
}

/** @returns a size as it fits over a column: `2xl` for `2xlarge`, `m24` for `metal-24xl` */
export function shortSize(size: string): string {
  return size.replace('xlarge', 'xl').replace(/^metal-(\d+)xl$/, 'metal $1');
}

const collator = new Intl.Collator('en', { numeric: true });

/** In natural order: `m5` before `m10`. */
export function naturally(a: string, b: string): number {
  return collator.compare(a, b);
}

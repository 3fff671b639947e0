import type { BlacklistEntry } from '../../../cli/demo/sandbox/castai/castai.ts';
import { makeNode } from '../../../cli/demo/sandbox/castai/inventory.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { HOUR, smallFeed } from '../../support/deployment.ts';

/** A type that the run adds, which faults of one add hit; one that it keeps; those that it renews, and the first of them. */
export const ADDED_TYPE = 'r10.large';
export const KEPT_TYPE = 'r1.large';
export const RENEWED_TYPES = ['r2.large', 'r3.large', 'r4.large'] as const;
export const [RENEWED_TYPE] = RENEWED_TYPES;
/** A type that is no longer risky, with an entry of this target. */
export const CALM_TYPE = 'm1.large';

const RISKY = Array.from({ length: 24 }, (_, index) => `r${index + 1}.large`);
/** The types that nothing covers at first. */
export const OPEN_TYPES = RISKY.slice(6);
const CALM = Array.from({ length: 20 }, (_, index) => `m${index + 1}.large`);
const MARKER = 'spot-blacklist/default: ';

/** Where adding again is ignored: only then does the run remove what it wants to keep. */
const REPLACING: readonly string[] = ['removal', 'taken removal', 'replacement', 'replaced list'];

/**
 * A sandbox in the middle of its life: a feed of a few types, entries of this target that are fresh, due and no longer
 * wanted, and entries of others. Its CAST AI repeats the key in every refusal.
 */
export async function startSituation(point: string): Promise<Sandbox> {
  const sandbox = await startSandbox({
    castai: {
      echoKeyInErrors: true,
      onAddExisting: REPLACING.includes(point) ? 'ignore' : 'extend',
    },
  });
  const { castai, feed } = sandbox;
  feed.replace(
    smallFeed(Object.fromEntries([...RISKY.map((type) => [type, 4]), ...CALM.map((type) => [type, 0])])),
  );
  // One is no shortage, but what a run asks more about.
  castai.inventory.nodes = [makeNode('m5.large', 'fallback')];
  const own = (instanceType: string, hours: number) =>
    castai.seed({
      instanceType,
      lifecycle: 'spot',
      reason: `${MARKER}>20%`,
      expiresAt: new Date(Date.now() + hours * HOUR).toISOString(),
    });
  own(KEPT_TYPE, 4.5);
  for (const type of RENEWED_TYPES) own(type, 2);
  own(CALM_TYPE, 2);
  castai.seed({ instanceType: 'r5.large', lifecycle: 'spot', reason: 'by hand' });
  castai.seed({ instanceFamily: 'r6', lifecycle: 'all', clusterId: null, reason: 'for the organization' });
  castai.seed({ instanceType: 'r7.large', lifecycle: 'on_demand', reason: 'by hand' });
  castai.seed({ instanceType: 'm2.large', lifecycle: 'spot', reason: 'spot-blacklist/other: >20%' });
  castai.seed({ instanceType: 'm3.large', clusterId: 'another-cluster', reason: 'of another cluster' });
  return sandbox;
}

/** Entries that this target did not write. */
export function foreignEntries({ castai }: Sandbox): BlacklistEntry[] {
  return castai.entries.filter(({ reason }) => !reason.startsWith(MARKER));
}

/** Types that are no longer risky, but have an entry of this target. */
export function calmTypes({ castai }: Sandbox): string[] {
  const own = castai.entries.filter(({ reason }) => reason.startsWith(MARKER));
  return CALM.filter((type) => own.some(({ instanceType }) => instanceType === type));
}

/** Risky types that cannot be bought as Spot now. */
export function coveredTypes({ castai }: Sandbox): string[] {
  const live = castai.liveEntries().filter(({ lifecycle }) => lifecycle !== 'on_demand');
  return RISKY.filter((type) =>
    live.some((entry) => entry.instanceType === type || `${entry.instanceFamily}.large` === type),
  );
}

/** Risky types that can still be bought as Spot. */
export function openTypes(sandbox: Sandbox): string[] {
  const covered = coveredTypes(sandbox);
  return RISKY.filter((type) => !covered.includes(type));
}

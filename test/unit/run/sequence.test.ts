import { describe, expect, it } from 'vitest';
import type { Entry } from '../../../lambda/domain/blacklist/blacklist.ts';
import type { Policy } from '../../../lambda/domain/decision.ts';
import type { RegionFeed } from '../../../lambda/domain/instance-types/spot-type.ts';
import { planApply, planClear } from '../../../lambda/domain/plan.ts';
import { NO_FACTS } from '../../../lambda/run/cluster-facts.ts';
import type { PlannedCluster } from '../../../lambda/run/planned.ts';
import { inSequence } from '../../../lambda/run/sequence.ts';
import {
  foreignEntry,
  madeUpRegion,
  NO_GUARD_RAILS,
  ownEntry,
  POLICY,
  stateWith,
} from '../../support/plan.ts';

const BANDS = { 'm5.large': 4, 'c5.large': 4, 'r5.large': 3, 't3.large': 2 };
const FEED = madeUpRegion(BANDS);
const EAGER = { ...POLICY, ...NO_GUARD_RAILS, interruptionThreshold: 10, releaseCalm: true };

function cluster(
  id: string,
  entries: readonly Entry[] = [],
  feed: RegionFeed = FEED,
  policy: Partial<Policy> = {},
): PlannedCluster {
  const state = { ...stateWith(entries.map((entry) => ({ ...entry, clusterId: id }))), clusterId: id };
  return {
    cluster: { id, name: id, region: 'us-east-1', doubts: [] },
    state,
    facts: NO_FACTS,
    plan: planApply(feed, { ...EAGER, ...policy }, state),
  };
}

const shown = (planned: readonly PlannedCluster[]) =>
  inSequence(planned).map(({ planned: { cluster: place }, decision: { action, instanceType } }) => {
    return `${place.id} ${action} ${instanceType}`;
  });

describe('the sequence of writes over all clusters', () => {
  it('begins with the removals that the never list and floors need, the least risky first', () => {
    const entries = ['m5.large', 'c5.large', 'r5.large', 't3.large', 'i3.large'].map((type) =>
      ownEntry(type, 9),
    );
    const feed = madeUpRegion({ ...BANDS, 'i3.large': 0, 'z1d.large': 4 });
    const never = cluster('a', entries.slice(0, 1), feed, { neverBlacklist: ['m5.*'] });
    const floor = cluster('b', entries, feed, { minTypesPerArchitecture: 3 });
    const order = shown([never, floor]);
    expect(order.slice(0, 4)).toEqual([
      'b release i3.large',
      'b release t3.large',
      'b release r5.large',
      'a release m5.large',
    ]);
    expect(order.slice(4).filter((line) => !line.includes(' add '))).toEqual([]);
    // Without a floor that needs it, the same removal comes last.
    const calm = cluster('b', entries.slice(4), feed);
    expect(shown([never, calm]).at(0)).toBe('a release m5.large');
    expect(shown([never, calm]).at(-1)).toBe('b release i3.large');
  });

  it('continues with uncovered types, riskiest first across all clusters', () => {
    const calmer = madeUpRegion({ 'r5.large': 3, 't3.large': 2 });
    const bands = shown([cluster('a', [], calmer), cluster('b'), cluster('c')]).map((line) => line.slice(2));
    expect(bands.slice(0, 4).sort()).toEqual([
      'add c5.large',
      'add c5.large',
      'add m5.large',
      'add m5.large',
    ]);
    expect(bands.slice(4)).toEqual([...Array(3).fill('add r5.large'), ...Array(3).fill('add t3.large')]);
  });

  it('writes the first of every cluster before the second of any', () => {
    const equal = madeUpRegion(Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`m${i}.large`, 4])));
    const names = ['a', 'b', 'c', 'd'];
    const order = shown(names.map((name) => cluster(name, [], equal))).map((line) => line[0]);
    for (let round = 0; round < 30; round += 1) {
      expect(order.slice(4 * round, 4 * round + 4).sort()).toEqual(names);
    }
    // Nor has one of them the first place in every round.
    expect(new Set(order.filter((_, index) => index % 4 === 0))).toEqual(new Set(names));
  });

  it('continues with entries that end soonest, whoever wrote them', () => {
    const until = (hours: number) => ownEntry('', hours).expiresAt;
    const first = cluster('a', [ownEntry('t3.large', 2), ownEntry('m5.large', 4)]);
    const second = cluster('b', [
      ownEntry('t3.large', 3),
      foreignEntry({ instanceFamily: 'm5', expiresAt: until(1) }),
      ownEntry('c5.large', 4),
      foreignEntry({ instanceFamily: 'c5', expiresAt: until(5) }),
    ]);
    expect(shown([first, second]).filter((line) => !/add [rc]5/.test(line))).toEqual([
      'b add m5.large',
      'a renew t3.large',
      'b renew t3.large',
      'a renew m5.large',
      'b renew c5.large',
    ]);
    expect(shown([first, second]).slice(0, 3).sort()).toEqual([
      'a add c5.large',
      'a add r5.large',
      'b add r5.large',
    ]);
  });

  it('ends with calm releases', () => {
    const calm = madeUpRegion({ 'm5.large': 0, 'r5.large': 3, 't3.large': 4 });
    const planned = cluster('a', [ownEntry('m5.large', 6), ownEntry('r5.large', 1)], calm);
    expect(shown([planned])).toEqual(['a add t3.large', 'a renew r5.large', 'a release m5.large']);
  });

  it('interleaves the clusters of a clear', () => {
    const clearing = (id: string): PlannedCluster => {
      const planned = cluster(id, [ownEntry('m5.large', 6), ownEntry('c5.large', 6)]);
      return { ...planned, plan: planClear(planned.state) };
    };
    const order = shown([clearing('a'), clearing('b')]).map((line) => line.split(' ')[2]);
    expect(order).toEqual(['c5.large', 'c5.large', 'm5.large', 'm5.large']);
  });

  it('does not depend on the order of the clusters', () => {
    const clusters = ['a', 'b', 'c'].map((id) => cluster(id, [ownEntry('m5.large', 2)]));
    expect(shown(clusters.toReversed())).toEqual(shown(clusters));
  });
});

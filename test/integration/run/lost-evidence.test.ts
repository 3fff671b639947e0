import { describe, expect, it } from 'vitest';
import { historyOf } from '../../../cli/demo/sandbox/aws/capacity-manager.ts';
import { deploy, NO_GUARD_RAILS, smallFeed } from '../../support/deployment.ts';
import { MACHINES, TYPES } from './own-machines.ts';

it('evidence that takes the plan above the ceiling is dropped: the bands decide, and the run completes', async () => {
  await using own = await deploy({
    environment: { ...NO_GUARD_RAILS, OWN_EVIDENCE: 'decide', MAX_BLACKLIST_SHARE: '0.7' },
  });
  own.sandbox.feed.replace(smallFeed(TYPES));
  own.sandbox.capacityManager.machineHours = historyOf(
    // The others are of a type that the feed does not have.
    [...MACHINES.slice(0, 1), { instanceType: 't3.large', machines: 40 }],
    Date.now(),
  );
  const { clusters } = await own.succeed({});
  expect(clusters[0]?.warnings).toEqual([
    expect.stringMatching(/^With own evidence, 3 of 3 types .* so AWS's bands/),
  ]);
  expect(own.addedTypes.toSorted()).toEqual(['c5.large', 'r5.large']);
});

describe('evidence that is lost', () => {
  it('lets the entries that it caused lapse, even with releaseCalm, and adds once by the band', async () => {
    await using own = await deploy({
      environment: { ...NO_GUARD_RAILS, OWN_EVIDENCE: 'decide', RELEASE_CALM: 'true' },
    });
    const { capacityManager, feed, castai } = own.sandbox;
    feed.replace(smallFeed(TYPES));
    capacityManager.machineHours = historyOf(MACHINES, Date.now());
    const runs = async (...failures: (string | undefined)[]) => {
      const outcomes: Record<string, string>[] = [];
      for (const failure of failures) {
        capacityManager.switches.failure = failure;
        const { clusters } = await own.succeed({});
        outcomes.push(
          Object.fromEntries(clusters[0]?.decisions.map((one) => [one.instanceType, one.action]) ?? []),
        );
      }
      return outcomes;
    };
    expect(await runs(undefined, 'Unavailable', 'Unavailable', undefined)).toEqual([
      { 'm5.large': 'add', 'r5.large': 'add' },
      { 'm5.large': 'lapse', 'c5.large': 'add', 'r5.large': 'keep' },
      { 'm5.large': 'lapse', 'c5.large': 'keep', 'r5.large': 'keep' },
      { 'm5.large': 'keep', 'c5.large': 'release', 'r5.large': 'keep' },
    ]);
    expect(castai.entries.map(({ instanceType }) => instanceType).sort()).toEqual(['m5.large', 'r5.large']);
  });
});

import { expect, it } from 'vitest';
import { inShuffledOrder } from '../../../lambda/run/clusters.ts';

it('clusters are taken in another order in each run, so that none is always the last', () => {
  const clusters = ['a', 'b', 'c', 'd'].map((id) => ({ cluster: { id, name: null, region: null } }));
  // An hourly schedule: seeds that are whole hours apart.
  const last = Array.from(
    { length: 24 },
    (_, hour) => inShuffledOrder(clusters, String(hour * 3_600_000)).at(-1)?.cluster.id,
  );
  expect(new Set(last)).toEqual(new Set(['a', 'b', 'c', 'd']));
  expect(inShuffledOrder(clusters, '1')).toEqual(inShuffledOrder(clusters.toReversed(), '1'));
});

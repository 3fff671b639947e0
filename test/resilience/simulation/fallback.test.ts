import { expect, it } from 'vitest';
import { playFallback, SEASONS } from './fallback.ts';

/** The most that is left of the fallback hours that there are without the rule. */
const LEFT: Readonly<Record<keyof typeof SEASONS, number>> = {
  'calm types run short': 0.5,
  // Then it is not the blacklist that keeps a node from being Spot.
  'all types run short': 1,
  'a quota is the cause': 1,
  // Few types are kept off, and each has room for few nodes.
  'calm types of a tiny template run short': 0.95,
  'calm types of a very large template run short': 0.5,
};

const seasons = Object.keys(SEASONS) as (keyof typeof SEASONS)[];

it.each(seasons)('types are given back in proportion and go back within about a day when %s', (name) => {
  const on = playFallback(SEASONS[name], true);
  const off = playFallback(SEASONS[name], false);
  console.log(
    `When ${name}: ${on.fallbackHours} hours of fallback nodes, ${off.fallbackHours} with RELAX_ON_FALLBACK=false; ` +
      `${on.releases} releases, a type changes ${on.mostChanges} times at most, all are back after ${on.backAfter.join(' and ')} h`,
  );
  expect(on.fallbackHours / off.fallbackHours).toBeLessThanOrEqual(LEFT[name]);
  // The yardstick measures what it should: Spot is short, and without the rule nothing moves.
  expect(off.fallbackHours).toBeGreaterThan(1_000);
  expect(off).toMatchObject({ keptOff: on.keptOff, releases: 0, mostChanges: 0 });

  expect(on.releases).toBeGreaterThan(0);
  expect(on.mostChanges).toBeLessThanOrEqual(15);
  expect(on.betweenAdditions).toBeGreaterThanOrEqual(24);
  for (const hours of on.backAfter) expect(hours).toBeLessThanOrEqual(26);
});

it('half of the types are given back once where a quota makes a quarter of the nodes on-demand', () => {
  const { keptOff, releases, mostChanges } = playFallback(SEASONS['a quota is the cause'], true);
  expect(releases).toBe(Math.ceil(keptOff / 2));
  expect(mostChanges).toBe(2);
});

it('is the same for the same seed', () => {
  const season = SEASONS['calm types of a tiny template run short'];
  expect(playFallback(season, true)).toEqual(playFallback(season, true));
});

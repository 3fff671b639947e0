import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inTurn, turnOf } from '../../../lambda/run/sequence.ts';

const MINUTE = 60_000;
const namesOf = (count: number) => Array.from({ length: count }, (_, index) => `cluster-${index}`);
const orderAt = (names: readonly string[], moment: number, gap: number) =>
  inTurn(names, (name) => name, turnOf(new Date(moment).toISOString(), gap));

describe('the order of turns', () => {
  it('contains every cluster once, whatever their order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.uuid(), { maxLength: 30 }), fc.nat(1_000), (ids, turn) => {
        const order = inTurn(ids, (id) => id, turn);
        expect(order.toSorted()).toEqual(ids.toSorted());
        expect(inTurn(ids.toReversed(), (id) => id, turn)).toEqual(order);
      }),
    );
  });

  it.each([
    ['every hour', 60, 0],
    ['every five minutes', 5, 0],
    ['every six hours', 360, 0],
    ['every hour, give or take half a minute', 60, 30_000],
  ])('lets no cluster wait for long in runs %s, of which each does a tenth', (_, minutes, jitter) => {
    const names = namesOf(100);
    const start = Date.parse('2026-03-01T00:00:00Z');
    const waited = new Map(names.map((name) => [name, 0]));
    for (let run = 0; run < 300; run += 1) {
      const moment = start + run * minutes * MINUTE + ((run * 7_919) % (jitter + 1));
      const first = new Set(orderAt(names, moment, minutes * MINUTE).slice(0, 10));
      for (const name of names) waited.set(name, first.has(name) ? 0 : (waited.get(name) ?? 0) + 1);
      expect(Math.max(...waited.values())).toBeLessThanOrEqual(jitter === 0 ? 30 : 90);
    }
  });

  it('is another one when Lambda repeats a run in the same hour', () => {
    const names = namesOf(20);
    const start = Date.parse('2026-03-01T00:00:07Z');
    const attempts = [0, 1, 4].map((minutes) => orderAt(names, start + minutes * MINUTE, 60 * MINUTE)[0]);
    expect(new Set(attempts).size).toBe(3);
  });
});

import { expect, it } from 'vitest';
import { readingDeadlineIn } from '../../../lambda/run/deadline.ts';

it('a run that writes nothing may read for 8 minutes what is optional, and its lists for 12', () => {
  const times = new Map<AbortSignal, number>();
  const deadline = readingDeadlineIn(15 * 60_000, (milliseconds) => {
    const { signal } = new AbortController();
    times.set(signal, milliseconds / 60_000);
    return signal;
  });
  expect(times.get(deadline.facts)).toBe(8);
  expect(times.get(deadline.plans)).toBe(12);
  expect(times.get(deadline.reads)).toBeGreaterThan(14);
});

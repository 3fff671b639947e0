import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RateLimiter } from '../../../lambda/run/rate-limiter.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const NEVER = new AbortController().signal;

/** Starts requests that take so long (milliseconds), and tells when each started and ended. */
async function playAll(batchSize: number, batchPause: number, durations: readonly number[]) {
  const clock = new VirtualClock(1_000_000);
  const rateLimiter = new RateLimiter({ batchSize, batchPause }, clock);
  const spans: { start: number; end: number }[] = [];
  const request = async (duration: number, index: number) => {
    if (!(await rateLimiter.turn(NEVER))) return;
    const start = clock.now();
    await clock.wait(duration);
    spans[index] = { start, end: clock.now() };
    rateLimiter.end();
  };
  await clock.play(Promise.all(durations.map(request)));
  return spans;
}

describe('the pace of requests', () => {
  it('limits the requests that start in any pause, and those in flight', async () => {
    const given = fc.record({
      size: fc.integer({ min: 1, max: 5 }),
      pause: fc.constantFrom(0, 1, 5),
      durations: fc.array(fc.integer({ min: 0, max: 12_000 }), { minLength: 1, maxLength: 40 }),
    });
    await fc.assert(
      fc.asyncProperty(given, async ({ size, pause, durations }) => {
        const spans = await playAll(size, pause, durations);
        expect(spans).toHaveLength(durations.length);
        for (const [index, { start }] of spans.entries()) {
          const next = spans[index + size];
          if (next !== undefined) expect(next.start - start).toBeGreaterThanOrEqual(pause * 1000);
          const before = spans.slice(0, index).filter(({ end }) => end > start);
          expect(before.length).toBeLessThan(size);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('waits no longer than necessary', async () => {
    const starts = (await playAll(2, 5, [100, 7_000, 100, 100, 100])).map(({ start }) => start - 1_000_000);
    expect(starts).toEqual([0, 0, 5_000, 5_100, 10_000]);
  });

  it('starts no request after its signal has aborted, and hands the turn to the next one', async () => {
    const clock = new VirtualClock(0);
    const rateLimiter = new RateLimiter({ batchSize: 1, batchPause: 5 }, clock);
    const stop = clock.timeout(2_000);
    const turns = [rateLimiter.turn(NEVER), rateLimiter.turn(stop), rateLimiter.turn(NEVER)];
    await turns[0];
    rateLimiter.end();
    const taken = await clock.play(
      Promise.all(turns.map(async (turn) => ({ taken: await turn, at: clock.now() }))),
    );
    expect(taken).toEqual([
      { taken: true, at: 0 },
      { taken: false, at: 2_000 },
      { taken: true, at: 5_000 },
    ]);
  });

  it('does not stall if the clock is set back', async () => {
    const clock = new VirtualClock(100_000);
    let offset = 0;
    const rateLimiter = new RateLimiter(
      { batchSize: 1, batchPause: 5 },
      { now: () => clock.now() - offset, wait: clock.wait },
    );
    await rateLimiter.turn(NEVER);
    rateLimiter.end();
    offset = 90_000;
    await clock.play(rateLimiter.turn(NEVER));
    expect(clock.now()).toBe(105_000);
  });
});

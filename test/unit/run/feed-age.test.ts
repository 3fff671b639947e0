import { describe, expect, it } from 'vitest';
import { warnOfOldFeed } from '../../../lambda/run/basis.ts';

const PUBLISHED = Date.UTC(2026, 1, 13);
const DAY = 86_400_000;

describe('the age of the feed', () => {
  it('causes no warning up to seven days, if unknown, or if a clock is wrong', () => {
    expect(warnOfOldFeed(PUBLISHED, PUBLISHED + 7 * DAY)).toEqual([]);
    expect(warnOfOldFeed(PUBLISHED, PUBLISHED - DAY)).toEqual([]);
    expect(warnOfOldFeed(null, PUBLISHED)).toEqual([]);
  });

  it('causes a warning with the feed’s date after that', () => {
    const [warning, ...more] = warnOfOldFeed(PUBLISHED, PUBLISHED + 7 * DAY + 1);
    expect(warning).toMatch(/^The Spot Advisor feed was last published on 2026-02-13, 7 days ago,/);
    expect(more).toEqual([]);
  });
});

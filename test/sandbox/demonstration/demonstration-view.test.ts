import { expect, test } from 'vitest';
import type { RunReport } from './demonstration.ts';
import { renderDemonstration } from './demonstration-view.ts';
import type { RunResult } from './run-result.ts';

const plain = (_style: string, text: string) => text;

const DATE = '2026-02-13T00:00:00.000Z';

/** A run in which `action` was decided for each of `types`. */
function report(
  name: string,
  types: readonly string[],
  action: string,
  writes: number,
  lastModified: string | null,
): RunReport {
  const decisions = types.map((instanceType) => ({
    instanceType,
    band: '>20%',
    savings: 61,
    action,
    reason: 'above the tolerated 20%',
  }));
  const result: RunResult = {
    target: { region: 'us-east-1', os: 'Linux' },
    policy: { interruptionThreshold: 20, blacklistedBands: ['>20%'], blacklistHours: 5 },
    feed: { types: 1000, noEvidence: 3, lastModified },
    clusters: [
      { actions: { [action]: types.length, lapse: 0 }, outcome: { verified: writes || null }, decisions },
    ],
  };
  return { name, result, reads: 2, writes, milliseconds: 1234 };
}

function render(
  types: readonly string[],
  bands?: { band: string; types: number }[],
  date: string | null = DATE,
): string {
  const demonstration = {
    dryRun: report('dry run', types, 'add', 0, date),
    firstRun: report('first run', types, 'add', types.length, date),
    secondRun: report('second run', types, 'keep', 0, date),
  };
  return renderDemonstration(demonstration, {
    feedName: 'Feed x.json',
    paint: plain,
    ...(bands === undefined ? {} : { bands }),
  });
}

/** The cells of the table row that starts with `first`. */
function row(text: string, first: string): string[] {
  const line = text.split('\n').find((one) => one.startsWith(`│ ${first} `)) ?? '';
  return line
    .split('│')
    .slice(1, -1)
    .map((cell) => cell.trim());
}

const TYPES = Array.from({ length: 25 }, (_, index) => `m${index}.large`);

test('shows the case, the bands, the riskiest types and the three runs', () => {
  const text = render(TYPES, [
    { band: '<5%', types: 975 },
    { band: '>20%', types: 25 },
  ]);
  expect(text).toContain('us-east-1 · Linux · threshold 20 %');
  expect(text).toContain('Feed x.json of 2026-02-13: 1,000 types, 3 of them without evidence');
  expect(row(text, '<5%')).toEqual(['<5%', '975', '98 %', '█'.repeat(39), 'available']);
  expect(row(text, '>20%')).toEqual(['>20%', '25', '3 %', '█', 'blacklisted']);
  expect(text).toContain('The riskiest 10 of 25 risky types');
  expect(row(text, 'm9.large')).toEqual(['m9.large', '>20%', '61 %', 'add']);
  expect(text).not.toContain('m10.large');
  expect(row(text, 'first run')).toEqual(['first run', 'add 25', '2', '25', '25', '1.2 s']);
  expect(row(text, 'second run')).toEqual(['second run', 'keep 25', '2', '0', '', '1.2 s']);
  expect(text).toContain('would have cost 25 requests.');
  expect(text).toContain('without a pause; by default 10 start every 5 seconds, which takes 10 s for 25.');
});

test("shows only the blacklisted bands where the feed is AWS's own", () => {
  const text = render(TYPES);
  expect(row(text, '>20%')).toEqual(['>20%', '25', '3 %', '█', 'blacklisted']);
  expect(row(text, '<5%')).toEqual([]);
});

test('says so where nothing is risky', () => {
  const text = render([]);
  expect(text).toContain('No type is risky at this threshold: there is nothing to blacklist.');
  expect(text).toContain('There was nothing to write');
  expect(text).toContain('by default 10 start every 5 seconds.');
});

test.for([
  [10, 'every 5 seconds.'],
  [121, 'takes 1 min for 121.'],
  [449, 'takes 3 min 40 s for 449.'],
] as const)('says what the default pace makes of %i writes', ([writes, end]) => {
  const types = Array.from({ length: writes }, (_, index) => `m${index}.large`);
  expect(render(types)).toContain(end);
});

test('gives a feed without a date none', () => {
  expect(render(TYPES, undefined, null)).toContain('\nFeed x.json: 1,000 types');
});

// The feed, malformed in every way: it is understood as it is documented, or nothing is written.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseJson } from '../../../cli/demo/sandbox/http/exchange.ts';
import { HOUR, smallFeed } from '../../support/deployment.ts';
import { fuzzRun, isObject, iso, LIFE, MARKER, NOW, startFuzzSandbox } from './fuzz-run.ts';
import { type Json, textOf } from './malformed.ts';

const US = smallFeed({ 'm5.large': 4, 'm5.xlarge': 3, 'c5.large': 0, 'm6g.large': 4, 'r5.large': 1 });
const FEED: Json = JSON.parse(
  JSON.stringify({
    ...US,
    // Where it is malformed, a type belongs to no size, and is risky or not all the same.
    instance_types: Object.fromEntries(
      ['m5.large', 'm5.xlarge', 'c5.large'].map((type) => [type, { cores: 2, ram_gb: 8, emr: true }]),
    ),
    spot_advisor: {
      'us-east-1': {
        ...US.spot_advisor['us-east-1'],
        Windows: { 'm5.large': { r: 0, s: 10 }, 'c5.large': { r: 4, s: 10 } },
      },
      'eu-west-1': { Linux: { 'm5.large': { r: 1, s: 0 }, 'c5.large': { r: 4, s: 3 } } },
    },
  }),
);
const NEAR = {
  r: [0, 1, 2, 3, 4, 5, -1, '4', 3.5, null],
  s: [0, 1, -3, 99, '60', null],
  cores: [0, -1, 1e9, '4', null],
  ram_gb: [0, -1, 0.5, '16', null],
  index: [0, 1, 2, 3, 4, 5, '4', null],
  label: [
    '<5%',
    '5-10%',
    '15-20%',
    '>20%',
    '>5%',
    '0-5%',
    '20-15%',
    '<0%',
    '> 20%',
    '20%',
    '>20',
    '<5% ',
    '',
  ],
  max: [5, 11, 22, '100', null],
};

/** The own entries that are there before every run, each with the hours that it has left. */
const OWN: Readonly<Record<string, number>> = {
  'm5.large': 1,
  'm5.xlarge': 4,
  'c5.large': 24,
  't2.micro': 24,
};

it('for any feed, exactly the types above the threshold are added, and exactly those known to be calm are released', async () => {
  await using sandbox = await startFuzzSandbox();
  const { castai } = sandbox;
  const own = Object.entries(OWN).map(([instanceType, hours]) =>
    castai.seed({
      instanceType,
      lifecycle: 'spot',
      expiresAt: iso(NOW + hours * HOUR),
      reason: `${MARKER}x`,
    }),
  );
  const payload = fc.record({
    interruptionThreshold: fc.constantFrom(20, 15, 10, 12, 5, 0, 99),
    os: fc.constantFrom('Linux', 'linux', 'Windows'),
    releaseCalm: fc.boolean(),
    rollout: fc.constantFrom(100, 100, 40),
  });
  await fc.assert(
    fc.asyncProperty(
      textOf(fc.constant(FEED), NEAR),
      payload,
      fc.boolean(),
      async (text, settings, isRegionSet) => {
        castai.entries = [...own];
        sandbox.feed.replace(text);
        const { error, added, removed } = await fuzzRun(sandbox, {
          settings: { ...settings, ...(isRegionSet && { region: 'us-east-1' }) },
        });
        const risks = risksIn(text, settings.os, settings.interruptionThreshold);
        if (risks === null) {
          expect(error?.name).toBe('FeedError');
          expect([...added, ...removed]).toEqual([]);
          return;
        }
        expect(error).toBeNull();
        const due = [...risks].filter(([type, isRisky]) => isRisky && (OWN[type] ?? 0) * HOUR < LIFE / 2);
        const types = due.map(([type]) => type).sort();
        if (settings.rollout === 100) expect(added.toSorted()).toEqual(types);
        // What is outside is not added, and an own entry of it is not removed.
        else expect(types).toEqual(expect.arrayContaining([...added]));
        const calm = [...risks].filter(([type, isRisky]) => isRisky === false && Object.hasOwn(OWN, type));
        expect(removed.toSorted()).toEqual(settings.releaseCalm ? calm.map(([type]) => type).sort() : []);
      },
    ),
    { numRuns: 700 },
  );
});

/** Whether each type of us-east-1 is risky, by the documents, or null where there is no evidence; null if the feed cannot be trusted. */
function risksIn(text: string, os: string, threshold: number): Map<string, boolean | null> | null {
  const feed = parseJson(text);
  if (!isObject(feed) || !isObject(feed['spot_advisor'])) return null;
  const bands = bandsIn(feed['ranges']);
  const place = Object.hasOwn(feed['spot_advisor'], 'us-east-1') ? feed['spot_advisor']['us-east-1'] : null;
  if (bands === null || !isObject(place)) return null;
  const [, types] = Object.entries(place).find(([name]) => name.toLowerCase() === os.toLowerCase()) ?? [];
  if (!isObject(types) || Object.keys(types).length === 0) return null;
  const risks = new Map<string, boolean | null>();
  for (const [name, facts] of Object.entries(types)) {
    if (!/^[a-z0-9-]+\.[a-z0-9-]+$/.test(name) || !isObject(facts)) return null;
    const band = typeof facts['r'] === 'number' ? bands.get(facts['r']) : undefined;
    if (band === undefined || !Number.isFinite(facts['s'])) return null;
    // "Never interrupted, no saving" is no evidence.
    const isUnknown = band.from === 0 && facts['s'] === 0;
    risks.set(name, isUnknown ? null : band.to > threshold);
  }
  return risks;
}

/** The edges of each band by its label, and never by `max`. */
function bandsIn(ranges: unknown): Map<number, { from: number; to: number }> | null {
  if (!Array.isArray(ranges) || ranges.length === 0) return null;
  const bands = new Map<number, { from: number; to: number }>();
  for (const range of ranges as unknown[]) {
    if (!isObject(range) || typeof range['index'] !== 'number' || typeof range['label'] !== 'string')
      return null;
    const numbers = range['label'].match(/\d+/g)?.map(Number) ?? [];
    const [first = 0, second = 0] = numbers;
    const band = new Map([
      ['<N%', { from: 0, to: first }],
      ['N-N%', { from: first, to: second }],
      ['>N%', { from: first, to: Number.POSITIVE_INFINITY }],
    ]).get(range['label'].replaceAll(/\d+/g, 'N'));
    if (band === undefined || band.from >= band.to || bands.has(range['index'])) return null;
    bands.set(range['index'], band);
  }
  return bands;
}

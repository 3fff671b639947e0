// Figures of EC2 Capacity Manager, malformed in every way: what is left of them is sane, and a run is done.
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOURS, INTERRUPTIONS, Tally } from '../../../lambda/aws/metric-tally.ts';
import { verdictOn } from '../../../lambda/domain/own-evidence/verdict.ts';
import { DAY } from '../../../lambda/domain/words.ts';
import { isRecord, parsedJson } from '../../../lambda/input/json.ts';
import { type Deployment, deploy, NO_GUARD_RAILS, smallFeed } from '../../support/deployment.ts';
import { comparedWith } from '../../support/evidence.ts';
import { type Json, textOf } from './malformed.ts';

const NOW = Date.now();
const SCOPE = { regions: ['us-east-1', 'eu-west-1'], os: 'Linux', from: NOW - 14 * DAY, to: NOW };

const point = fc
  .record({
    region: fc.constantFrom('us-east-1', 'eu-west-1', 'ap-south-1'),
    type: fc.constantFrom('m5.large', 'c5.large', 'x99.large'),
    platform: fc.constantFrom('Linux/UNIX', 'Windows'),
    zone: fc.constantFrom('use1-az1', 'use1-az2'),
    age: fc.integer({ min: -3, max: 20 }),
    hours: fc.oneof(fc.nat(2_400), fc.double({ min: 0, max: 1e7, noNaN: true })),
    interruptions: fc.nat(30),
  })
  .map(({ region, type, platform, zone, age, hours, interruptions }) => ({
    Dimension: {
      ResourceRegion: region,
      AvailabilityZoneId: zone,
      InstanceType: type,
      InstancePlatform: platform,
    },
    Timestamp: new Date(NOW - age * DAY).toISOString(),
    MetricValues: [
      { Metric: HOURS, Value: hours },
      { Metric: INTERRUPTIONS, Value: interruptions },
    ],
  }));
const documents = fc
  .array(point, { minLength: 1, maxLength: 8 })
  .map((MetricDataResults) => ({ MetricDataResults })) as unknown as fc.Arbitrary<Json>;

const NEAR = {
  Value: [-1, 0, 0.4, 1e12, 1e308, '24', 'NaN', null],
  Metric: ['spot-total-usage-hrs-inst', 'spot-total-usage-hrs-vcpu', 'spot-interruption-rate-inst', ''],
  InstanceType: ['M5.LARGE', 'm5', '', null, '__proto__', 'constructor'],
  InstancePlatform: ['linux', 'LINUX_UNIX', 'Red Hat Enterprise Linux', '', null],
  ResourceRegion: ['us-east-1', '*', '', null, '__proto__'],
  Timestamp: ['2026-11-24', 'soon', '', 1e12, null, '9999-12-31T00:00:00Z'],
};

function pointsIn(text: string): readonly unknown[] {
  const document = parsedJson(text);
  const points = isRecord(document) ? document['MetricDataResults'] : null;
  return Array.isArray(points) ? points : [];
}

it('what is left of any figures can be judged, and belongs to what was asked for', () => {
  fc.assert(
    fc.property(textOf(documents, NEAR), textOf(documents, NEAR), (totals, details) => {
      const tally = new Tally(SCOPE);
      tally.addTotals(pointsIn(totals));
      tally.addDetails(pointsIn(details));
      for (const [region, types] of tally.figures()) {
        expect(SCOPE.regions).toContain(region);
        for (const [type, figures] of types) {
          expect(type).toMatch(/^[a-z0-9-]+\.[a-z0-9-]+$/);
          const { hours, interruptions, machines } = figures;
          expect(hours).toBeGreaterThan(0);
          expect(Number.isInteger(interruptions) && interruptions >= 0).toBe(true);
          expect(machines).toBeGreaterThanOrEqual(interruptions);
          expect(machines).toBeLessThanOrEqual(hours);
          expect(['risky', 'calm', 'undecided']).toContain(verdictOn(figures, comparedWith(), 2));
        }
      }
      for (const problem of tally.problems()) expect(problem).toMatch(/^[\w :,.()-]+$/);
    }),
    { numRuns: 1_000 },
  );
});

it('days on which a metric is missing count as if they were not there', () => {
  const figuresOf = (points: readonly unknown[]) => {
    const tally = new Tally({ ...SCOPE, from: SCOPE.from - (SCOPE.from % DAY) });
    tally.addTotals(points);
    return tally.figures();
  };
  fc.assert(
    fc.property(
      fc.array(point, { maxLength: 30 }),
      fc.uniqueArray(fc.integer({ min: -3, max: 20 })),
      fc.constantFrom(HOURS, INTERRUPTIONS),
      (points, ages, metric) => {
        const days = new Set(ages.map((age) => new Date(NOW - age * DAY).toISOString()));
        const isLacking = ({ Timestamp }: (typeof points)[number]) => days.has(Timestamp);
        const stripped = points.map((one) =>
          isLacking(one)
            ? { ...one, MetricValues: one.MetricValues.filter(({ Metric }) => Metric !== metric) }
            : one,
        );
        expect(figuresOf(stripped)).toEqual(figuresOf(points.filter((one) => !isLacking(one))));
      },
    ),
  );
});

let deployment: Deployment;

beforeAll(async () => {
  deployment = await deploy({ environment: { ...NO_GUARD_RAILS, OWN_EVIDENCE: 'decide' } });
  deployment.sandbox.feed.replace(smallFeed({ 'm5.large': 1, 'c5.large': 4 }));
});

afterAll(() => deployment[Symbol.asyncDispose]());

const TAGS = new Map(
  Object.entries({ MetricDataResults: 'metricDataResultSet', MetricValues: 'metricValueSet' }).concat(
    ['Dimension', 'ResourceRegion', 'AvailabilityZoneId', 'InstanceType', 'InstancePlatform']
      .concat('Timestamp', 'Metric', 'Value')
      .map((key) => [key, key.charAt(0).toLowerCase() + key.slice(1)]),
  ),
);

/** A document as EC2 writes it. */
function xmlOf(text: string): string {
  const xml = (node: unknown): string => {
    if (Array.isArray(node)) return node.map((item) => `<item>${xml(item)}</item>`).join('');
    if (!isRecord(node)) return String(node).replaceAll(/[<&]/g, '');
    return Object.entries(node)
      .map(([key, value]) => {
        const tag = TAGS.get(key) ?? (key.replace(/[^A-Za-z]/g, '') || 'x');
        return `<${tag}>${xml(value)}</${tag}>`;
      })
      .join('');
  };
  const content = xml(parsedJson(text) ?? text);
  return `<GetCapacityManagerMetricDataResponse>${content}</GetCapacityManagerMetricDataResponse>`;
}

it('a run is done whatever EC2 answers, and decides by the bands or by sane figures', async () => {
  await fc.assert(
    fc.asyncProperty(textOf(documents, NEAR), async (text) => {
      deployment.sandbox.faults.clear();
      deployment.sandbox.faults.push({
        when: { route: 'evidence' },
        fault: { kind: 'body', body: xmlOf(text), contentType: 'text/xml' },
      });
      const { clusters, evidence, warnings } = await deployment.succeed({ dryRun: true });
      const types = Object.entries(evidence?.regions['us-east-1'] ?? {});
      const actions = new Map(clusters[0]?.decisions.map((one) => [one.instanceType, one.action]));
      for (const [type, { verdict }] of types)
        if (verdict !== 'undecided') expect(actions.has(type)).toBe(verdict === 'risky');
      const judged = new Map(types);
      if (judged.get('m5.large')?.verdict !== 'risky') expect(actions.has('m5.large')).toBe(false);
      if (judged.get('c5.large')?.verdict !== 'calm') expect(actions.get('c5.large')).toBe('add');
      // Nothing can be decided about types that the feed lacks, so their figures are no reason for a warning.
      if (types.length === 0 && !text.includes('x99.large'))
        expect(warnings.join()).toContain("AWS's bands decide");
    }),
    { numRuns: 100 },
  );
});

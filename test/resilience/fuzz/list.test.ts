// CAST AI's list, malformed in every way: others' entries stay as they are, and after a list that cannot be read nothing
// is written.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { SandboxRequest } from '../../../cli/demo/sandbox/http/exchange.ts';
import { HOUR, smallFeed } from '../../support/deployment.ts';
import { asGiven, fuzzRun, iso, LIFE, MARKER, NOW, startFuzzSandbox } from './fuzz-run.ts';
import { contradicts, expectedAfter } from './list-oracle.ts';
import { type Json, textOf } from './malformed.ts';

const RISKY = ['m5.large', 'm5.xlarge', 'm6g.large', 'c6g.large'];
const CALM = ['c5.large', 'r5.large'];
const FEED = smallFeed({
  ...Object.fromEntries(RISKY.map((type) => [type, 4])),
  ...Object.fromEntries(CALM.map((type) => [type, 1])),
});
/** The inputs of a run that change what it may remove. */
const PAYLOADS = [
  { operation: 'apply', releaseCalm: false },
  { operation: 'apply', releaseCalm: true },
  { operation: 'clear', releaseCalm: false },
] as const;

const DAY = iso(NOW + 24 * HOUR);
const HALF = NOW + LIFE / 2;
const TIMES = [
  ...[NOW - HOUR, NOW, NOW + 1, HALF - 1, HALF, HALF + 1, NOW + 4 * HOUR].map(iso),
  ...['0001-01-01T00:00:00Z', '1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z'],
  ...[null, DAY, DAY.replace('Z', '123456Z'), DAY.replace('.000Z', 'Z'), DAY.replace('Z', '+13:00')],
];
/** Ambiguous times, which could be mistaken for local times. */
const NOT_RFC_3339 = [/Z$/, /\.000Z$/, /:00\.000/]
  .map((end) => DAY.replace(end, ''))
  .concat(DAY.replace('Z', '+01'));
const REASONS = [`${MARKER}x`, MARKER, 'by hand', '', null];

/** Values that fit or nearly fit, for the ids of one sandbox. */
function valuesFor(organizationId: string, clusterId: string) {
  return {
    items: [[], [[]], {}, null, 'm5.large'],
    organizationId: [organizationId, organizationId.toUpperCase(), null, '', 'another', 7],
    clusterId: [clusterId, clusterId.toUpperCase(), null, '', 'another', {}],
    instanceType: [...RISKY, ...CALM, 't2.micro', 'M5.LARGE', 'm5.large ', 'm5', '', null, 5],
    instanceFamily: ['m5', 'c5', 'm5.large', 'M5', '', null, ['m5']],
    lifecycle: ['spot', 'all', 'on_demand', '', null, 'SPOT', 'spot ', 'fallback', 1],
    expiresAt: [
      ...TIMES,
      ...[...NOT_RFC_3339, ...NOT_RFC_3339],
      ...['', 'tomorrow', DAY.slice(0, 10), DAY.replace('T', ' '), '2099-13-45T00:00:00Z'],
      ...[1_790_000_000, NOW + 24 * HOUR, { seconds: 1_790_000_000 }, []],
    ],
    reason: [
      ...REASONS,
      ...['spot-blacklist/default:x', 'spot-blacklist/default2: x', ` ${MARKER}x`, MARKER.toUpperCase(), 5],
    ],
  };
}

/** Lists that can be read, of a few keys, so that often several items are about the same. */
function lists(organizationId: string, clusterId: string): fc.Arbitrary<{ items: Json[] }> {
  const maybe = (usual: Json, ...others: Json[]) =>
    fc.oneof(
      { weight: 5, arbitrary: fc.constant(usual) },
      { weight: 1, arbitrary: fc.constantFrom(...others) },
    );
  const item = fc.record(
    {
      organizationId: maybe(organizationId, null, 'another'),
      clusterId: maybe(clusterId, clusterId.toUpperCase(), null, '', 'another'),
      instanceType: fc.constantFrom(...RISKY.slice(0, 2), ...CALM, 't2.micro'),
      lifecycle: maybe('spot', 'all', 'on_demand', null),
      expiresAt: fc.constantFrom(...TIMES),
      reason: fc.constantFrom(...REASONS, `${MARKER}y`),
    },
    { requiredKeys: ['clusterId', 'instanceType', 'lifecycle', 'expiresAt', 'reason'] },
  );
  const family = item.map(({ instanceType, ...rest }) => ({
    ...rest,
    instanceFamily: instanceType.split('.')[0] ?? '',
  }));
  const items = fc.array(
    fc.oneof({ weight: 6, arbitrary: item }, { weight: 1, arbitrary: family }) as fc.Arbitrary<Json>,
    { minLength: 2, maxLength: 8 },
  );
  return fc.record({ items });
}

it('for any list, only uncovered types are added, only own keys are removed, and nothing is written if it cannot be read', async () => {
  await using sandbox = await startFuzzSandbox();
  const { castai, faults } = sandbox;
  const { organizationId, clusters } = castai;
  const clusterId = clusters[0]?.id ?? '';
  sandbox.feed.replace(FEED);
  const bodies = textOf(lists(organizationId, clusterId), valuesFor(organizationId, clusterId));
  await fc.assert(
    fc.asyncProperty(
      bodies,
      fc.constantFrom(...PAYLOADS),
      fc.boolean(),
      async (body, settings, isStubborn) => {
        castai.entries = [];
        faults.clear();
        // Before writing, the organization's list is read too, unless to clear. After it, the list is what was written,
        // or stubbornly the same as before, which is when entries are removed and added.
        const readsBefore = settings.operation === 'clear' ? 1 : 2;
        const times = isStubborn ? Number.POSITIVE_INFINITY : readsBefore;
        faults.push({ when: { route: 'list' }, times, fault: { kind: 'body', body } });
        const { error, added, removed } = await fuzzRun(sandbox, asGiven(settings));
        const expected = expectedAfter(body, {
          ...{ organizationId, clusterId, risky: RISKY, calm: CALM },
          ...settings,
        });
        if (expected === null) {
          expect(error).toMatchObject({ name: 'CastAiError', code: 'CASTAI_MALFORMED' });
          expect([...added, ...removed]).toEqual([]);
          return;
        }
        const due = added.filter((type) => !expected.early.has(type));
        expect(new Set(due)).toEqual(new Set(expected.added));
        for (const type of removed) expect(expected.removable).toContain(type);
        for (const type of expected.removed) expect(removed).toContain(type);
        if (isStubborn) return;
        expect(error).toBeNull();
        expect(due.length).toBe(expected.added.length);
        expect(new Set(added).size).toBe(added.length);
        expect(removed.toSorted()).toEqual([...expected.removed].sort());
      },
    ),
    { numRuns: 2000 },
  );
});

it('for any two lists, nothing is written where the cluster’s lacks what the organization’s has of the cluster', async () => {
  await using sandbox = await startFuzzSandbox();
  const { castai, faults } = sandbox;
  const { organizationId, clusters } = castai;
  const clusterId = clusters[0]?.id ?? '';
  sandbox.feed.replace(FEED);
  const some = lists(organizationId, clusterId);
  const none = some.map(({ items }) => ({
    items: items.map((item) => ({ ...(item as object), clusterId: 'another' })),
  }));
  const serve = (body: string, id: string | undefined, times: number) => {
    const when = {
      route: 'list',
      matching: ({ query }: SandboxRequest) => query['clusterId'] === id,
    } as const;
    faults.push({ when, times, fault: { kind: 'body', body } });
  };
  const seen = { contradictory: 0, consistent: 0 };
  await fc.assert(
    fc.asyncProperty(some, fc.oneof(some, none), fc.boolean(), async (organization, others, isComplete) => {
      const cluster = { items: [...(isComplete ? organization.items : []), ...others.items] };
      castai.entries = [];
      faults.clear();
      const bodies = [organization, cluster].map((list) => JSON.stringify(list)) as [string, string];
      serve(bodies[0], undefined, Number.POSITIVE_INFINITY);
      serve(bodies[1], clusterId, 2);
      const { error, added, removed } = await fuzzRun(sandbox, { settings: {} });
      const isContradictory = contradicts(...bodies, { organizationId, clusterId });
      seen[isContradictory ? 'contradictory' : 'consistent'] += 1;
      expect(error?.code === 'CASTAI_CONTRADICTORY').toBe(isContradictory);
      if (isContradictory) expect([...added, ...removed]).toEqual([]);
    }),
    { numRuns: 300 },
  );
  expect(Math.min(...Object.values(seen))).toBeGreaterThan(50);
});

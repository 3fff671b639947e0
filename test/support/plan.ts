import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Entry } from '../../lambda/domain/blacklist/blacklist.ts';
import { markerOf } from '../../lambda/domain/blacklist/ownership.ts';
import { type Decision, isPlacement, type Policy } from '../../lambda/domain/decision.ts';
import type { Feed, RegionFeed } from '../../lambda/domain/instance-types/spot-type.ts';
import type { Constraints, Template } from '../../lambda/domain/instance-types/template.ts';
import { type ClusterState, entryReason, type Plan, planApply } from '../../lambda/domain/plan.ts';
import { readFeed } from '../../lambda/spot-advisor/feed.ts';

/** The moment that plans are made at in these tests. */
export const NOW = Date.parse('2026-02-14T12:00:00.000Z');
export const HOUR = 3_600_000;
export const CLUSTER = '11111111-1111-4111-8111-111111111111';
export const OTHER_CLUSTER = '22222222-2222-4222-8222-222222222222';
export const TARGET = 'default';

export const POLICY: Policy = {
  interruptionThreshold: 20,
  blacklistHours: 12,
  minTypesPerArchitecture: 15,
  minFamiliesPerArchitecture: 5,
  minTypesPerTemplate: 5,
  minTypesPerSize: 3,
  relaxOnFallback: true,
  rollout: 100,
  maxBlacklistShare: 0.9,
  neverBlacklist: [],
  alwaysBlacklist: [],
  releaseCalm: false,
};

export const NO_GUARD_RAILS = {
  minTypesPerArchitecture: 0,
  minFamiliesPerArchitecture: 0,
  minTypesPerTemplate: 0,
  minTypesPerSize: 0,
  maxBlacklistShare: 1,
};

/** A real feed of the sandbox's, as it was published on a day. */
export function realFeed(day: '2025-06-28' | '2026-02-13'): Feed {
  return readFeed(snapshot(day), { etag: null, lastModified: null });
}

/** A snapshot as the feed publishes it, decoded. */
function snapshot(day: Parameters<typeof realFeed>[0]): string {
  const file = new URL(`../../cli/demo/sandbox/aws/feeds/${day}.json.gz`, import.meta.url);
  return gunzipSync(readFileSync(file)).toString();
}

/** @returns the names of every region of a real feed */
export function regionsOf(day: Parameters<typeof realFeed>[0]): string[] {
  const { spot_advisor: regions } = JSON.parse(snapshot(day)) as { spot_advisor: Record<string, unknown> };
  return Object.keys(regions).sort();
}

/** A made-up region: types with the index of their band (0 is `<5%`, 4 is `>20%`) and, if need be, their saving. */
export function madeUpRegion(types: Record<string, number | { band: number; savings: number }>): RegionFeed {
  const labels = ['<5%', '5-10%', '10-15%', '15-20%', '>20%'];
  const facts = Object.entries(types).map(([type, fact]) => [
    type,
    typeof fact === 'number' ? { r: fact, s: 60 } : { r: fact.band, s: fact.savings },
  ]);
  const document = {
    ranges: labels.map((label, index) => ({ index, label })),
    spot_advisor: { 'us-east-1': { Linux: Object.fromEntries(facts) } },
  };
  return readFeed(JSON.stringify(document), { etag: null, lastModified: null }).of('us-east-1', 'Linux');
}

/** An entry of another owner, for the cluster and Spot, that lasts a day, but for what is given. */
export function foreignEntry(facts: Partial<Entry>): Entry {
  return {
    organizationId: null,
    clusterId: CLUSTER,
    instanceType: null,
    instanceFamily: null,
    lifecycle: 'spot',
    unclear: null,
    expiresAt: NOW + 24 * HOUR,
    reason: 'written by hand',
    ...facts,
  };
}

/** An entry as this target writes it, with so many hours left. */
export function ownEntry(instanceType: string, hoursLeft: number, target = TARGET): Entry {
  return foreignEntry({ instanceType, expiresAt: NOW + hoursLeft * HOUR, reason: `${markerOf(target)}>20%` });
}

export function stateWith(entries: readonly Entry[], now = NOW): ClusterState {
  return {
    clusterId: CLUSTER,
    targetName: TARGET,
    formerTargetName: null,
    entries,
    templates: null,
    spotNodes: null,
    now,
  };
}

/** A template that constrains nothing but what is given. */
export function templateOf(
  name: string,
  {
    gpu,
    ...constraints
  }: Partial<Omit<Constraints, 'gpu'>> & { readonly gpu?: Partial<Constraints['gpu']> } = {},
): Template {
  return {
    name,
    fallsBackToOnDemand: false,
    predictsInterruptions: false,
    bought: null,
    constraints: {
      architectures: [],
      os: [],
      minCpu: null,
      maxCpu: null,
      minMemory: null,
      maxMemory: null,
      includeFamilies: [],
      excludeFamilies: [],
      burstable: null,
      bareMetal: null,
      computeOptimized: null,
      storageOptimized: null,
      cpuManufacturers: [],
      unjudged: [],
      ...constraints,
      gpu: {
        isRequired: false,
        manufacturers: [],
        includeNames: [],
        excludeNames: [],
        minCount: null,
        maxCount: null,
        fractional: null,
        ...gpu,
      },
    },
  };
}

/** The templates of a usual cluster, with what CAST AI's API fills in. */
export const TEMPLATES: readonly Template[] = [
  templateOf('default-by-castai', { architectures: ['x86_64'], os: ['linux'], burstable: false }),
  templateOf('arm64', { architectures: ['arm64'], minCpu: 2, maxCpu: 32, burstable: false }),
  templateOf('gpu', {
    architectures: ['x86_64'],
    includeFamilies: ['g5', 'g6', 'g6e'],
    gpu: { isRequired: true, manufacturers: ['NVIDIA'] },
  }),
  templateOf('memory', {
    architectures: ['x86_64', 'arm64'],
    minMemory: 64 * 1024,
    bareMetal: false,
    burstable: false,
  }),
  templateOf('batch', {
    architectures: ['x86_64', 'arm64'],
    computeOptimized: true,
    minCpu: 16,
    excludeFamilies: ['c5', 'c5d'],
  }),
];

/** The entries as they are once a plan is carried out by an API that has one entry for a key, whoever wrote it. */
export function carriedOut({ decisions }: Plan, { entries, clusterId, targetName }: ClusterState): Entry[] {
  const gone = new Set(
    decisions
      .filter((d) => d.action === 'release' || d.action === 'remove' || isPlacement(d))
      .map((d) => d.instanceType),
  );
  const isKey = (entry: Entry) =>
    entry.clusterId === clusterId && entry.lifecycle === 'spot' && entry.instanceFamily === null;
  const kept = entries.filter((entry) => !(isKey(entry) && gone.has(entry.instanceType ?? '')));
  const placed = decisions.filter(isPlacement).map((decision) =>
    foreignEntry({
      clusterId,
      instanceType: decision.instanceType,
      expiresAt: decision.expiresAt,
      reason: entryReason(targetName, decision),
    }),
  );
  return [...kept, ...placed];
}

/** @returns a plan without the list that it was made from, whose order is the API's and whose functions are never equal */
export function madeFrom({ blacklist: _, ...plan }: Plan): Omit<Plan, 'blacklist'> {
  return plan;
}

/** @returns instance type -> action */
export function actionsOf({ decisions }: Plan): Record<string, Decision['action']> {
  return Object.fromEntries(decisions.map(({ instanceType, action }) => [instanceType, action]));
}

/** Lists of entries as a cluster may have them: own ones, another target's, people's, CAST AI's, live and expired. */
export function arbitraryEntries(feed: RegionFeed): fc.Arbitrary<Entry[]> {
  const types = feed.types.map(({ instanceType }) => instanceType).sort();
  const families = [...new Set(types.map((type) => type.split('.')[0] ?? ''))];
  const type = fc.constantFrom(...types, 'x99.large');
  const expiresAt = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.integer({ min: -5, max: 200 }).map((quarters) => NOW + (quarters * HOUR) / 4),
    },
    { weight: 1, arbitrary: fc.constant(null) },
  );
  const own = fc.record({ instanceType: type, expiresAt }).map((facts) => ({ ...ownEntry('', 1), ...facts }));
  const subject = fc.oneof(
    { weight: 3, arbitrary: type.map((instanceType) => ({ instanceType })) },
    { weight: 1, arbitrary: fc.constantFrom(...families).map((instanceFamily) => ({ instanceFamily })) },
  );
  const foreign = fc
    .record({
      subject,
      expiresAt,
      lifecycle: fc.constantFrom('spot', 'all', 'on_demand'),
      clusterId: fc.constantFrom(CLUSTER, null),
      reason: fc.constantFrom('', 'by hand', `${markerOf('windows')}>20%`, markerOf(TARGET)),
    })
    // An own entry's twin would be an own entry.
    .filter(({ reason, clusterId, lifecycle, subject }) => {
      const isOwn = reason === markerOf(TARGET) && clusterId === CLUSTER && lifecycle === 'spot';
      return !(isOwn && 'instanceType' in subject);
    })
    .map(({ subject, ...facts }) => foreignEntry({ ...facts, ...subject }));
  // Up to whole regions of entries, so that the floor is at stake.
  return fc
    .tuple(fc.array(own, { maxLength: 300, size: 'max' }), fc.array(foreign, { maxLength: 300, size: 'max' }))
    .map(([mine, theirs]) => [...mine, ...theirs]);
}

/** Policies in reasonable bounds; the ceiling is off, because it refuses instead of planning. */
export const arbitraryPolicy: fc.Arbitrary<Policy> = fc.record({
  interruptionThreshold: fc.integer({ min: 0, max: 25 }),
  blacklistHours: fc.constantFrom(1, 5, 12, 168),
  minTypesPerArchitecture: fc.constantFrom(0, 1, 15, 100, 1000),
  minFamiliesPerArchitecture: fc.constantFrom(0, 1, 5, 30, 1000),
  minTypesPerTemplate: fc.constantFrom(0, 1, 5, 100),
  minTypesPerSize: fc.constantFrom(0, 1, 3, 10),
  relaxOnFallback: fc.boolean(),
  rollout: fc.constantFrom(1, 10, 50, 100, 100),
  maxBlacklistShare: fc.constant(1),
  neverBlacklist: fc.subarray(['m5.*', 'c?g*.large', '*.metal', 'nothing.*']),
  alwaysBlacklist: fc.subarray(['t3.*', 'm5.large', 'c7i*.large', '*.nano']),
  releaseCalm: fc.boolean(),
});

/** A region with one type of each band, all of one size. */
export const ONE_OF_EACH_BAND = madeUpRegion({
  'c5.large': 0,
  'm5.large': 1,
  'r5.large': 2,
  'i3.large': 3,
  'z1d.large': 4,
});

/** Without guard rails, for 12 hours: half the time is 6. */
export const LOOSE_POLICY: Policy = { ...POLICY, ...NO_GUARD_RAILS };

/** What is decided in {@link ONE_OF_EACH_BAND}, by type. */
export const decideFor = (entries: readonly Entry[], overrides: Partial<Policy> = {}) =>
  actionsOf(planApply(ONE_OF_EACH_BAND, { ...LOOSE_POLICY, ...overrides }, stateWith(entries)));

// Node templates, nodes and policies, malformed in every way: a run says what it does not know, and is done, or, without
// templates, adds nothing.
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { makeNode, makeTemplate } from '../../../cli/demo/sandbox/castai/inventory.ts';
import { parseJson } from '../../../cli/demo/sandbox/http/exchange.ts';
import { ACTIONS } from '../../../lambda/domain/decision.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { smallFeed } from '../../support/deployment.ts';
import { runHere, writesSeenBy } from '../../support/run-here.ts';
import { isObject, iso, LIFE, MARKER, NOW, startFuzzSandbox } from './fuzz-run.ts';
import { type Json, textOf } from './malformed.ts';

const RISKY = ['m5.large', 'm5.xlarge', 'm6g.large', 'm6g.xlarge', 'g5.xlarge', 'g5.2xlarge'];
const FEED = smallFeed({
  ...Object.fromEntries(RISKY.map((type) => [type, 4])),
  'c5.large': 0,
  'c6g.large': 0,
});
/** What every template keeps. */
const FLOOR = 2;
const SETTINGS = {
  ...{ minTypesPerArchitecture: 0, minFamiliesPerArchitecture: 0 },
  ...{ minTypesPerTemplate: FLOOR, maxBlacklistShare: 1 },
};

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startFuzzSandbox();
  sandbox.feed.replace(FEED);
  return () => sandbox.close();
});

/**
 * One run on this answer, and on own entries of these types: it has to be done, or to have added nothing because the
 * templates are not known.
 */
async function runOn(route: 'templates' | 'nodes' | 'policies', body: string, own: readonly string[] = []) {
  sandbox.castai.entries = [];
  sandbox.requests.length = 0;
  for (const instanceType of own)
    sandbox.castai.seed({
      instanceType,
      lifecycle: 'spot',
      reason: `${MARKER}x`,
      expiresAt: iso(NOW + LIFE),
    });
  sandbox.faults.clear();
  sandbox.faults.push({ when: { route }, fault: { kind: 'body', body, contentType: 'application/json' } });
  const { result, error } = await runHere(sandbox, {
    settings: SETTINGS,
    now: () => NOW,
    wait: async () => {},
  });
  const [cluster] = result.clusters;
  if (cluster === undefined) throw new Error('no cluster');
  const isHeld = cluster.templates === null;
  expect(error?.code).toBe(isHeld ? 'RUN_INCOMPLETE' : undefined);
  expect(cluster.status).toBe(isHeld ? 'deferred' : 'completed');
  const { add, renew, release } = cluster.actions;
  expect(writesSeenBy(sandbox)).toHaveLength(isHeld ? 0 : add + renew + release);
  expect(JSON.stringify(result)).not.toContain(sandbox.castai.apiKey);
  return cluster;
}

const isOff = ({ isEnabled }: Record<string, unknown>) => isEnabled === false || isEnabled === 'false';

const strings = (...texts: string[]) => fc.subarray(texts);
const template = fc
  .record({
    ...{ spot: fc.boolean(), useSpotFallbacks: fc.boolean(), isGpuOnly: fc.boolean() },
    ...{ architectures: strings('amd64', 'arm64'), os: strings('linux') },
    ...{ minCpu: fc.nat(4), maxCpu: fc.nat(64), minMemory: fc.nat(8192), maxMemory: fc.nat(65_536) },
    instanceFamilies: fc.record({ include: strings('m5', 'm6g', 'g5'), exclude: strings('g5', 'c5') }),
    burstable: fc.constantFrom('ENABLED', 'DISABLED', 'NOT_SET'),
  })
  .map((constraints) => ({ template: makeTemplate('team', constraints), stats: {} }));
const templateLists = fc.record({
  items: fc.array(template, { maxLength: 4 }),
}) as unknown as fc.Arbitrary<Json>;

const NEAR_TEMPLATES = {
  spot: [true, false, 'true', 'maybe', 1],
  isEnabled: [true, false, null, 'false'],
  name: ['a', '', null, 'x\u001b[31m'],
  architectures: [['arm64'], ['riscv64'], 'arm64', [null]],
  minCpu: [-1, 1e9, '4', 'x'],
  include: [['M5'], ['m5.large'], ['constructor'], [7]],
  burstable: ['ENABLED', 'MAYBE', 1],
};

it('for any templates, a constraint that cannot be evaluated excludes no type, and each floor holds', async () => {
  await fc.assert(
    fc.asyncProperty(textOf(templateLists, NEAR_TEMPLATES), fc.subarray(RISKY), async (body, own) => {
      const { templates, warnings, decisions } = await runOn('templates', body, own);
      if (templates === null) {
        expect(warnings.join()).toContain("CAST AI's node templates could not be read (");
        return;
      }
      const list = parseJson(body);
      const items: unknown[] = isObject(list) && Array.isArray(list['items']) ? list['items'] : [];
      expect(templates.length).toBeLessThanOrEqual(items.length);
      // Each that may be in use has constraints, or none of them would be known.
      for (const item of items) {
        if (isObject(item) && isObject(item['template']) && isOff(item['template'])) continue;
        expect(item).toMatchObject({ template: { constraints: expect.any(Object) } });
      }
      // What a plan leaves available has no entry when the run is done, whoever asked for it.
      const free = decisions.filter(({ action }) => !ACTIONS[action].keepsOff);
      const listed = sandbox.castai.entries.map(({ instanceType }) => instanceType);
      expect(free.filter(({ instanceType }) => listed.includes(instanceType))).toEqual([]);
      for (const { name, allowed, available, floor } of templates) {
        expect(available).toBeGreaterThanOrEqual(Math.min(allowed, FLOOR));
        expect(floor).toBeLessThanOrEqual(FLOOR);
        expect(name).toMatch(/^[^\p{Cc}]+$/u);
      }
      const described = items.map((item) =>
        isObject(item) && isObject(item['template']) ? item['template'] : null,
      );
      const mayBuySpot = described.filter(
        (one) =>
          one !== null && !isOff(one) && isObject(one['constraints']) && one['constraints']['spot'] === true,
      );
      // Whether one may that does not say so clearly is not known.
      expect(templates.length).toBeGreaterThanOrEqual(mayBuySpot.length);
    }),
    { numRuns: 400 },
  );
});

const TYPES = ['m5.large', 'c5.large', 'x99.large'];
const nodeLists = fc
  .array(fc.tuple(fc.constantFrom(...TYPES), fc.constantFrom('spot', 'fallback', 'on_demand')), {
    maxLength: 6,
  })
  .map((nodes) => ({
    items: nodes.map(([type, lifecycle]) => {
      const { instanceType, spotConfig, labels } = makeNode(type, lifecycle as 'spot');
      return { instanceType, spotConfig, labels };
    }),
    nextCursor: '',
  })) as unknown as fc.Arbitrary<Json>;

const NEAR_NODES = {
  instanceType: ['M5.LARGE', '', null, 7, 'm5', 'x y.large'],
  isSpot: [true, false, 'true', null],
  nextCursor: ['', null, 'abc', 7],
};

it('for any nodes, exactly those that are Spot and have a valid type are counted', async () => {
  await fc.assert(
    fc.asyncProperty(textOf(nodeLists, NEAR_NODES), async (body) => {
      const { nodes, decisions, warnings } = await runOn('nodes', body);
      if (nodes === null) {
        expect(warnings.join()).toContain("CAST AI's nodes could not be read (");
        return;
      }
      const list = parseJson(body);
      const items: unknown[] = isObject(list) && Array.isArray(list['items']) ? list['items'] : [];
      const spot = items.filter(
        (one) => isObject(one) && isObject(one['spotConfig']) && one['spotConfig']['isSpot'] === true,
      );
      const types = spot.flatMap((one) =>
        isObject(one) && typeof one['instanceType'] === 'string'
          ? one['instanceType'].trim().toLowerCase()
          : [],
      );
      const typed = types.filter((type) => /^[a-z0-9-]+\.[a-z0-9-]+$/.test(type));
      expect(nodes.spot).toBe(typed.length);
      expect(decisions.find(({ instanceType }) => instanceType === 'm5.large')?.nodes ?? 0).toBe(
        typed.filter((type) => type === 'm5.large').length,
      );
    }),
    { numRuns: 400 },
  );
});

it('for any policies, a run warns of a disabled autoscaler only if the policies say so', async () => {
  const policies = fc.record({
    ...{ enabled: fc.boolean(), isScopedMode: fc.boolean() },
    unschedulablePods: fc.record({ enabled: fc.boolean() }),
  }) as unknown as fc.Arbitrary<Json>;
  await fc.assert(
    fc.asyncProperty(textOf(policies, { enabled: [true, false, null, 'false', 0] }), async (body) => {
      const { warnings } = await runOn('policies', body);
      const answer = parseJson(body);
      const saysOff = (one: unknown) => isObject(one) && one['enabled'] === false;
      const isOff = saysOff(answer) || (isObject(answer) && saysOff(answer['unschedulablePods']));
      expect(warnings.some((warning) => warning.includes('is switched off'))).toBe(isOff);
    }),
    { numRuns: 200 },
  );
});

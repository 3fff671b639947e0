// Node templates and policies, malformed in every way: a run says what it does not know, and is done, or, without templates,
// adds nothing.
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { makeTemplate } from '../../../cli/demo/sandbox/castai/inventory.ts';
import { parseJson } from '../../../cli/demo/sandbox/http/exchange.ts';
import { ACTIONS } from '../../../lambda/domain/decision.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { FLOOR, RISKY, runOn, startClusterSandbox } from './cluster-run.ts';
import { isObject } from './fuzz-run.ts';
import { type Json, textOf } from './malformed.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startClusterSandbox();
  return () => sandbox.close();
});

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
  .chain((constraints) =>
    fc
      .record({ countSpot: fc.nat(30), countFallback: fc.nat(9) })
      .map((stats) => ({ template: makeTemplate('team', constraints), stats })),
  );
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
  countSpot: [0, -1, 1.5, '3', null, 1e9],
  countFallback: [0, -1, 1.5, '3', null, 1e9],
};

const isCount = (value: unknown) => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;

/** "With at least two fallback nodes that are more than a tenth": only then a floor rises. */
const raises = (bought: { spot: number; fallback: number } | null) =>
  bought !== null && bought.fallback >= 2 && 9 * bought.fallback > bought.spot;

it('for any templates, a constraint that cannot be evaluated excludes no type, and each floor holds', async () => {
  await fc.assert(
    fc.asyncProperty(textOf(templateLists, NEAR_TEMPLATES), fc.subarray(RISKY), async (body, own) => {
      const { templates, warnings, decisions } = await runOn(sandbox, 'templates', body, own);
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
      const counted = items
        .map((item) => (isObject(item) && isObject(item['stats']) ? item['stats'] : {}))
        .filter(({ countSpot, countFallback }) => isCount(countSpot) && isCount(countFallback))
        .map((stats) => ({ spot: stats['countSpot'], fallback: stats['countFallback'] }));
      for (const { name, allowed, available, floor, fallback } of templates) {
        expect(available).toBeGreaterThanOrEqual(Math.min(allowed, floor));
        expect(floor).toBeGreaterThanOrEqual(Math.min(allowed, FLOOR));
        if (!raises(fallback)) expect(floor).toBeLessThanOrEqual(FLOOR);
        expect([...counted, null]).toContainEqual(fallback);
        expect(name).toMatch(/^[^\p{Cc}]+$/u);
      }
      // What is no number of nodes is named, and changes no floor.
      const isUncounted = templates.some(({ fallback }) => fallback === null);
      expect(warnings.some((warning) => warning.includes('floors do not rise'))).toBe(isUncounted);
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

it('for any policies, a run warns of a disabled autoscaler only if the policies say so', async () => {
  const policies = fc.record({
    ...{ enabled: fc.boolean(), isScopedMode: fc.boolean() },
    unschedulablePods: fc.record({ enabled: fc.boolean() }),
  }) as unknown as fc.Arbitrary<Json>;
  await fc.assert(
    fc.asyncProperty(textOf(policies, { enabled: [true, false, null, 'false', 0] }), async (body) => {
      const { warnings } = await runOn(sandbox, 'policies', body);
      const answer = parseJson(body);
      const saysOff = (one: unknown) => isObject(one) && one['enabled'] === false;
      const isOff = saysOff(answer) || (isObject(answer) && saysOff(answer['unschedulablePods']));
      expect(warnings.some((warning) => warning.includes('is switched off'))).toBe(isOff);
    }),
    { numRuns: 200 },
  );
});

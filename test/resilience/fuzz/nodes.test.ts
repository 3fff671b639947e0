// Spot and fallback nodes, malformed in every way: what cannot be read is said or left out, and decides nothing.
import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { makeNode } from '../../../cli/demo/sandbox/castai/inventory.ts';
import { parseJson, type SandboxRequest } from '../../../cli/demo/sandbox/http/exchange.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { runOn, startClusterSandbox } from './cluster-run.ts';
import { isObject, iso, NOW } from './fuzz-run.ts';
import { type Json, textOf } from './malformed.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startClusterSandbox();
  return () => sandbox.close();
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
      const { nodes, decisions, warnings } = await runOn(sandbox, 'nodes', body);
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

const fallbackLists = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 8 }).map((ages) => ({
  items: ages.map((hours) => {
    const { name, createdAt, labels } = makeNode('m5.large', 'fallback', {
      createdAt: iso(NOW - hours * 3_600_000),
    });
    return { name, createdAt, labels };
  }),
  nextCursor: '',
})) as unknown as fc.Arbitrary<Json>;

const NEAR_FALLBACK = {
  name: ['', ' ', null, 7, 'x\u001b[31m'],
  createdAt: ['', 'yesterday', null, 7, '2026-02-01T00:00:00Z', '2099-01-01T00:00:00+01:00'],
  nextCursor: ['', null, 'abc', 7],
};

it('for any fallback nodes, a run decides the same, and names at most five that are older than a day', async () => {
  const { inventory } = sandbox.castai;
  inventory.nodes = ['a', 'b'].map((name) => makeNode('c5.large', 'fallback', { name }));
  const { decisions: usual, templates: usualTemplates } = await runOn(sandbox, 'nodes', '{}');
  const isFallback = ({ query }: SandboxRequest) => query['lifecycleType'] === 'fallback';
  await fc.assert(
    fc.asyncProperty(textOf(fallbackLists, NEAR_FALLBACK), async (body) => {
      const { decisions, templates, warnings } = await runOn(sandbox, 'nodes', body, [], isFallback);
      expect(decisions).toEqual(usual);
      expect(templates).toEqual(usualTemplates);
      if (warnings.some((warning) => warning.startsWith("CAST AI's fallback nodes could not be read (")))
        return;
      const list = parseJson(body);
      const items: unknown[] = isObject(list) && Array.isArray(list['items']) ? list['items'] : [];
      const old = items.filter(
        (one) =>
          isObject(one) &&
          isObject(one['labels']) &&
          Object.hasOwn(one['labels'], 'scheduling.cast.ai/spot-fallback') &&
          typeof one['name'] === 'string' &&
          one['name'].trim() !== '' &&
          typeof one['createdAt'] === 'string' &&
          Date.parse(one['createdAt']) < NOW - 24 * 3_600_000,
      );
      const warning =
        warnings.find((one) => one.startsWith('Fallback nodes that are older than a day')) ?? '';
      const [, count = 0] = /^[^:]*: (\d+) \([^\p{Cc}]+\)\. /u.exec(warning) ?? [];
      expect(Number(count)).toBe(old.length);
      expect(warning.includes(`, and ${old.length - 5} more)`)).toBe(old.length > 5);
    }),
    { numRuns: 200 },
  );
  inventory.nodes = [];
});

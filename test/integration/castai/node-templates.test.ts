// The facts about a cluster besides its blacklist, from arbitrary responses, over a real socket.
import { describe, expect, test } from 'vitest';
import { makeTemplate } from '../../../cli/demo/sandbox/castai/inventory.ts';
import type { Constraints } from '../../../lambda/domain/instance-types/template.ts';
import { answering, reading } from '../../support/cluster-reads.ts';

const templatesOf = (items: unknown) =>
  reading(
    (reads, id) => reads.listTemplates(id),
    ({ faults }) => faults.push(answering('templates', { items })),
  );

/** One template that may buy Spot, with these constraints. */
async function constraintsOf(constraints: Record<string, unknown>) {
  const template = { name: 'gpu', isEnabled: true, constraints: { spot: true, ...constraints } };
  const { templates, problems } = await templatesOf([{ template, stats: {} }]);
  return { ...templates[0]?.constraints, problems };
}

const UNCONSTRAINED: Constraints = {
  architectures: [],
  os: [],
  ...{ minCpu: null, maxCpu: null, minMemory: null, maxMemory: null },
  ...{ includeFamilies: [], excludeFamilies: [] },
  gpu: {
    ...{ isRequired: false, manufacturers: [], includeNames: [], excludeNames: [] },
    ...{ minCount: null, maxCount: null, fractional: null },
  },
  ...{ burstable: null, bareMetal: null, computeOptimized: null, storageOptimized: null },
  ...{ cpuManufacturers: [], unjudged: [] },
};

const NO_NODES = { bought: { spot: 0, fallback: 0 }, predictsInterruptions: false };

describe('node templates', () => {
  test.each<[string, unknown, unknown]>([
    ['as CAST AI counts them', { countSpot: 28, countFallback: 12 }, { spot: 28, fallback: 12 }],
    ['not if one is negative', { countSpot: 28, countFallback: -1 }, null],
    ['not if one is no number', { countSpot: '28', countFallback: 12 }, null],
    ['not if one is no whole number', { countSpot: 28, countFallback: 1.5 }, null],
    ['not if one is missing', { countSpot: 28 }, null],
    ['not if there are none', {}, null],
    ['not without an object', undefined, null],
  ])('have Spot and fallback nodes %s, and are named if they do not', async (_, stats, bought) => {
    const template = { name: 'gpu', isEnabled: true, constraints: { spot: true } };
    const { templates, uncounted } = await templatesOf([{ template, stats }]);
    expect(templates).toMatchObject([{ bought }]);
    expect(uncounted).toEqual(bought === null ? ['gpu'] : []);
  });

  test.each([
    [true, true],
    ['true', true],
    [false, false],
    [null, false],
    // It may be on.
    ['sometimes', true],
  ])(
    'with spotInterruptionPredictionsEnabled %j: their nodes may be drained first: %j',
    async (value, expected) => {
      const constraints = { spot: true, spotInterruptionPredictionsEnabled: value };
      const { templates } = await templatesOf([{ template: { name: 'gpu', constraints }, stats: {} }]);
      expect(templates).toMatchObject([{ predictsInterruptions: expected }]);
    },
  );

  test('are read if they are enabled and allow Spot, in the order of the list', async () => {
    const { templates, problems } = await reading(
      (reads, id) => reads.listTemplates(id),
      ({ castai: { inventory } }) => {
        inventory.templates = [
          makeTemplate('both', { useSpotFallbacks: true }),
          makeTemplate('off', {}, { isEnabled: false }),
          makeTemplate('on-demand', { spot: false }),
          makeTemplate('neither', { spot: null, onDemand: null }),
          makeTemplate('default-by-castai', {}, { isDefault: true }),
        ];
      },
    );
    expect(problems).toEqual([]);
    const constraints = { ...UNCONSTRAINED, architectures: ['x86_64'], os: ['linux'], burstable: false };
    expect(templates).toEqual([
      { name: 'both', fallsBackToOnDemand: true, ...NO_NODES, constraints },
      { name: 'default-by-castai', fallsBackToOnDemand: false, ...NO_NODES, constraints },
    ]);
  });

  test('keep every constraint that the contract has', async () => {
    const read = await constraintsOf({
      ...{ architectures: ['amd64', 'arm64'], os: ['linux'], minCpu: 2, maxCpu: 16 },
      ...{ minMemory: 4096, maxMemory: '65536', instanceFamilies: { include: ['m5'], exclude: ['c5'] } },
      gpu: {
        manufacturers: ['nvidia'],
        includeNames: ['A10G'],
        excludeNames: ['T4'],
        minCount: 1,
        maxCount: 4,
        fractionalGpus: 'ENABLED',
      },
      ...{ isGpuOnly: true, burstable: 'DISABLED', bareMetal: false, computeOptimized: true },
      ...{ storageOptimized: null, cpuManufacturers: ['amd', 'INTEL'] },
    });
    expect(read).toEqual({
      ...{ architectures: ['x86_64', 'arm64'], os: ['linux'], minCpu: 2, maxCpu: 16 },
      ...{ minMemory: 4096, maxMemory: 65_536, includeFamilies: ['m5'], excludeFamilies: ['c5'] },
      gpu: {
        ...{ isRequired: true, manufacturers: ['NVIDIA'], includeNames: ['A10G'], excludeNames: ['T4'] },
        ...{ minCount: 1, maxCount: 4, fractional: true },
      },
      ...{ burstable: false, bareMetal: false, computeOptimized: true, storageOptimized: null },
      ...{ cpuManufacturers: ['AMD', 'INTEL'], unjudged: [], problems: [] },
    });
  });

  test('have no constraint for a value that is null, 0, empty or absent', async () => {
    const nulls = Object.fromEntries(
      [
        ...['architectures', 'os', 'minCpu', 'maxCpu', 'minMemory', 'maxMemory', 'instanceFamilies'],
        ...['isGpuOnly', 'gpu', 'burstable', 'bareMetal', 'computeOptimized', 'cpuManufacturers', 'azs'],
        ...['maxPricePerCpu', 'resourceLimits', 'customPriority'],
      ].map((name) => [name, null]),
    );
    expect(await constraintsOf(nulls)).toEqual({ ...UNCONSTRAINED, problems: [] });
    const unset = {
      ...{ architectures: [null, ''], minCpu: 0, maxMemory: '0', burstable: 'NOT_SET', os: [] },
      ...{ instanceFamilies: { include: null, exclude: [] }, gpu: {}, azs: [], maxPricePerCpu: 0 },
      ...{ cpuManufacturers: ['CPU_MANUFACTURER_UNSPECIFIED'], resourceLimits: { cpuLimitEnabled: false } },
    };
    expect(await constraintsOf(unset)).toEqual({ ...UNCONSTRAINED, problems: [] });
  });

  test.each<[string, Record<string, unknown>, Partial<Constraints>, string]>([
    ['a negative number', { minCpu: -4, maxCpu: 8 }, { maxCpu: 8 }, 'minCpu'],
    ['a fraction', { minMemory: 1.5 }, {}, 'minMemory'],
    ['a number as text', { maxCpu: 'four' }, {}, 'maxCpu'],
    [
      'an unknown architecture',
      { architectures: ['riscv64', 'ARM64'] },
      { architectures: ['arm64'] },
      'architectures',
    ],
    ['a name that every object has', { architectures: ['constructor'] }, {}, 'architectures'],
    ['an unknown system', { os: ['BeOS', 'Windows'] }, { os: ['windows'] }, 'os'],
    ['an unknown manufacturer', { cpuManufacturers: ['VIA'] }, {}, 'cpuManufacturers'],
    ['an unknown state', { burstable: 'MAYBE' }, {}, 'burstable'],
    ['an unknown state of a GPU', { gpu: { fractionalGpus: true } }, {}, 'gpu.fractionalGpus'],
    ['no list', { architectures: 'amd64' }, {}, 'architectures'],
    ['no object', { gpu: ['NVIDIA'] }, {}, 'gpu'],
    ['no flag', { bareMetal: 'perhaps' }, {}, 'bareMetal'],
    [
      'no family',
      { instanceFamilies: { include: ['m5', 'm5.*', 7] } },
      { includeFamilies: ['m5'] },
      'instanceFamilies.include',
    ],
    [
      'a type in the place of a family',
      { instanceFamilies: { include: ['c5', 'M5.large'] } },
      { includeFamilies: ['c5', 'm5.large'] },
      'instanceFamilies.include',
    ],
    [
      'a type in the place of an excluded family',
      { instanceFamilies: { exclude: ['m5.large'] } },
      { excludeFamilies: ['m5.large'] },
      'instanceFamilies.exclude',
    ],
    [
      'a family that is included and excluded',
      { instanceFamilies: { include: ['M5', 'c5'], exclude: ['m5'] } },
      { includeFamilies: ['m5', 'c5'], excludeFamilies: ['m5'] },
      'instanceFamilies',
    ],
    ['several', { minCpu: -1, gpu: { minCount: -1 }, spot: 'perhaps' }, {}, 'spot, minCpu, gpu.minCount'],
  ])('with %s keep the other constraints, and name that one', async (_, constraints, expected, places) => {
    expect(await constraintsOf(constraints)).toEqual({
      ...UNCONSTRAINED,
      ...expected,
      unjudged: places.split(', ').filter((place) => place !== 'spot'),
      problems: [`gpu (${places})`],
    });
  });

  test('have lower-case families without duplicates', async () => {
    const { includeFamilies } = await constraintsOf({ instanceFamilies: { include: ['C5', ' c5 ', 'M6I'] } });
    expect(includeFamilies).toEqual(['c5', 'm6i']);
  });

  test('name constraints that cannot be evaluated, also those that a later version adds', async () => {
    const { unjudged } = await constraintsOf({
      ...{ maxPricePerCpu: 0.05, azs: ['us-east-1a'], customPriority: [{ families: ['m5'] }] },
      ...{ dedicated: { on: true }, 'castai_v1_0123 secret': 'x' },
    });
    expect(unjudged).toEqual(['maxPricePerCpu', 'azs', 'customPriority', 'dedicated']);
  });

  test.each(['DISABLED', 'NOT_SET', 'ENABLED'])(
    'name none that says nothing about a type of the feed',
    async (state) => {
      const { unjudged } = await constraintsOf({
        ...{ customerSpecific: state, resourceLimits: { cpuLimitEnabled: true, cpuLimitMaxCores: 20 } },
        ...{ maxPricePerCpu: 0, azs: [], customPriority: [], lifecycleTaintsDisabled: true },
        ...{ burstable: state, gpu: { fractionalGpus: state } },
      });
      expect(unjudged).toEqual([]);
    },
  );

  test('without a name, or with one that could forge lines, get a safe name', async () => {
    const template = (name: unknown) => ({ template: { name, constraints: { spot: true } } });
    const { templates } = await templatesOf([
      ...[template(undefined), template(''), template(7)],
      template('a\n\u001b[31mb'),
      template('x'.repeat(1_000)),
    ]);
    const names = templates.map(({ name }) => name);
    expect(names.slice(0, 4)).toEqual(['(unnamed)', '(unnamed)', '(unnamed)', 'a\ufffd\ufffd[31mb']);
    expect(names[4]).toHaveLength(128);
  });

  test.each<[string, unknown, string]>([
    ['no object', 7, 'items[1].template'],
    ['without a template', {}, 'items[1].template'],
    ['with a template that is null', { template: null }, 'items[1].template'],
    ['without constraints', { template: { name: 'bare' } }, 'items[1].template.constraints'],
    [
      'with constraints that are no object',
      { template: { name: 'bare', constraints: [] } },
      'items[1].template.constraints',
    ],
  ])('are rejected as a whole if one item is %s, which names the place', async (_, item, place) => {
    const good = { template: { name: 'gpu', constraints: { spot: true } } };
    await expect(templatesOf([good, item])).rejects.toMatchObject({
      code: 'CASTAI_MALFORMED',
      message: expect.stringContaining(`(${place} is missing or unreadable)`),
    });
  });

  test('are read completely if there are 400', async () => {
    const items = Array.from({ length: 400 }, (_, index) => ({
      template: makeTemplate(`team-${index}`, { instanceFamilies: { include: ['m5', 'c5', 'r5'] } }),
      stats: {},
    }));
    expect((await templatesOf(items)).templates).toHaveLength(400);
  });

  test.each([
    ['a cursor', { items: [], nextCursor: 'abc' }],
    ['a count', { items: [], totalCount: 3 }],
    ['an error', { items: [], message: 'internal' }],
    ['another document', { hello: 'world' }],
    ['a list that is an object', { items: {} }],
    ['no JSON', '<html>'],
  ])('are rejected if the response has %s', async (_, body) => {
    const reads = reading(
      (all, id) => all.listTemplates(id),
      ({ faults }) => faults.push(answering('templates', body)),
    );
    await expect(reads).rejects.toMatchObject({ code: 'CASTAI_MALFORMED' });
  });
});

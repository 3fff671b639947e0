import { describe, expect, it } from 'vitest';
import { allowedWith, judgeTemplates } from '../../../lambda/domain/instance-types/allowed-types.ts';
import type { SpotType } from '../../../lambda/domain/instance-types/spot-type.ts';
import { madeUpRegion, realFeed, TEMPLATES, templateOf } from '../../support/plan.ts';

type Asked = NonNullable<Parameters<typeof templateOf>[1]>;

/** Types with vCPUs and GiB. */
function typesOf(
  sizes: Record<string, readonly [cores: number | null, gibibytes: number | null]>,
): SpotType[] {
  const { types } = madeUpRegion(Object.fromEntries(Object.keys(sizes).map((type) => [type, 0])));
  return types.map((type) => {
    const [cores = null, gibibytes = null] = sizes[type.instanceType] ?? [];
    return { ...type, cores, memory: gibibytes === null ? null : gibibytes * 1024 };
  });
}

const PLAIN = typesOf({
  'm5.large': [2, 8],
  'm5.metal': [96, 384],
  'c5a.xlarge': [4, 8],
  'c7g.large': [2, 4],
  't3.micro': [2, 1],
  'i4i.xlarge': [4, 32],
  'hpc7a.96xlarge': [192, 768],
});
const ACCELERATED = typesOf({
  'g4dn.xlarge': [4, 16],
  'g4dn.metal': [96, 384],
  'g4ad.xlarge': [4, 16],
  'g5.48xlarge': [192, 768],
  'g5g.xlarge': [4, 8],
  'g6.xlarge': [4, 16],
  'g6e.xlarge': [4, 32],
  'g6f.xlarge': [4, 16],
  'g9.xlarge': [4, 16],
  'p5en.48xlarge': [192, 2048],
  'inf2.xlarge': [4, 16],
  'f2.6xlarge': [24, 256],
});

function judge(types: readonly SpotType[], asked: Asked) {
  const [judged] = judgeTemplates([templateOf('made up', asked)], types);
  if (judged === undefined) throw new Error('there is no template');
  const { allowed, unjudged } = judged;
  return { allowed: [...allowed.keys()], sure: [...allowedWith(judged, 0)], unjudged };
}

describe('a template allows', () => {
  it.each<[string, Asked, string[]]>([
    ['all but accelerated types, if it asks for nothing', {}, PLAIN.map(({ instanceType }) => instanceType)],
    ['one architecture', { architectures: ['arm64'] }, ['c7g.large']],
    [
      'both architectures',
      { architectures: ['arm64', 'x86_64'], maxCpu: 2 },
      ['m5.large', 'c7g.large', 't3.micro'],
    ],
    ['a minimum of vCPUs', { minCpu: 96 }, ['m5.metal', 'hpc7a.96xlarge']],
    ['a maximum of vCPUs', { maxCpu: 2 }, ['m5.large', 'c7g.large', 't3.micro']],
    ['a minimum of memory', { minMemory: 32 * 1024 }, ['m5.metal', 'i4i.xlarge', 'hpc7a.96xlarge']],
    ['a maximum of memory', { maxMemory: 4096 }, ['c7g.large', 't3.micro']],
    ['some families', { includeFamilies: ['m5', 'c7g'] }, ['m5.large', 'm5.metal', 'c7g.large']],
    [
      'all but some families',
      { excludeFamilies: ['m5', 'hpc7a', 'i4i'] },
      ['c5a.xlarge', 'c7g.large', 't3.micro'],
    ],
    [
      'nothing, if a family is included and excluded',
      { includeFamilies: ['m5'], excludeFamilies: ['m5'] },
      [],
    ],
    ['nothing, if the minimum exceeds the maximum', { minCpu: 8, maxCpu: 2 }, []],
    ['no burstable types, if they are disabled', { burstable: false, maxCpu: 2 }, ['m5.large', 'c7g.large']],
    [
      'burstable types beside others, if they are enabled',
      { burstable: true, maxCpu: 2 },
      ['m5.large', 'c7g.large', 't3.micro'],
    ],
    ['bare metal only', { bareMetal: true }, ['m5.metal']],
    ['no bare metal', { bareMetal: false, includeFamilies: ['m5'] }, ['m5.large']],
    ['storage optimized only', { storageOptimized: true }, ['i4i.xlarge']],
    [
      'no storage optimized',
      { storageOptimized: false, maxCpu: 4 },
      ['m5.large', 'c5a.xlarge', 'c7g.large', 't3.micro'],
    ],
    ['no compute optimized', { computeOptimized: false, maxCpu: 4 }, ['m5.large', 't3.micro', 'i4i.xlarge']],
    ['machines of AMD', { cpuManufacturers: ['AMD'] }, ['c5a.xlarge', 'hpc7a.96xlarge']],
    ['machines of AWS', { cpuManufacturers: ['AWS'] }, ['c7g.large']],
    ['nothing, if AWS has no machines of the CPU manufacturer', { cpuManufacturers: ['AMPERE'] }, []],
    [
      'x86_64 for Windows, whose machines a Linux target keeps off too',
      { os: ['windows'], maxCpu: 2 },
      ['m5.large', 't3.micro'],
    ],
    ['arm64 for Linux and Windows', { os: ['linux', 'windows'], architectures: ['arm64'] }, ['c7g.large']],
  ])('%s', (_, asked, expected) => {
    expect(judge([...PLAIN, ...ACCELERATED], asked).allowed.sort()).toEqual(expected.sort());
  });
});

describe('a template that asks for GPUs allows', () => {
  const gpus = [
    'g4dn.xlarge',
    'g4dn.metal',
    'g4ad.xlarge',
    'g5.48xlarge',
    'g5g.xlarge',
    'g6.xlarge',
    'g6e.xlarge',
    'g6f.xlarge',
    'g9.xlarge',
    'p5en.48xlarge',
  ];
  const without = (...types: string[]) => gpus.filter((type) => !types.includes(type));

  it.each<[string, Asked, string[]]>([
    ['every type with GPUs, and none of Inferentia or FPGAs', { gpu: { isRequired: true } }, gpus],
    ['a manufacturer, and families to come', { gpu: { manufacturers: ['NVIDIA'] } }, without('g4ad.xlarge')],
    [
      'one GPU, however it is spelled',
      { gpu: { includeNames: ['nvidia-tesla-t4'] } },
      ['g4dn.xlarge', 'g4dn.metal', 'g9.xlarge'],
    ],
    [
      'names in which another begins',
      { gpu: { includeNames: ['L4'] } },
      ['g6.xlarge', 'g6f.xlarge', 'g9.xlarge'],
    ],
    [
      'all but one GPU',
      { gpu: { isRequired: true, excludeNames: ['T4', 'NVIDIA H200'] } },
      without('g4dn.xlarge', 'g4dn.metal', 'p5en.48xlarge'),
    ],
    [
      'a minimum of GPUs',
      { gpu: { minCount: 2 } },
      ['g4dn.metal', 'g5.48xlarge', 'p5en.48xlarge', 'g6f.xlarge', 'g9.xlarge'],
    ],
    [
      'a maximum of GPUs',
      { gpu: { isRequired: true, maxCount: 1 } },
      without('g4dn.metal', 'g5.48xlarge', 'p5en.48xlarge'),
    ],
    ['an architecture', { architectures: ['arm64'], gpu: { isRequired: true } }, ['g5g.xlarge']],
    [
      'the CPUs of a manufacturer',
      { cpuManufacturers: ['INTEL'], gpu: { isRequired: true } },
      ['g4dn.xlarge', 'g4dn.metal', 'p5en.48xlarge', 'g9.xlarge'],
    ],
  ])('%s', (_, asked, expected) => {
    expect(judge([...PLAIN, ...ACCELERATED], asked).allowed.sort()).toEqual(expected.sort());
  });

  it('accelerated families that it names, even without asking for GPUs', () => {
    const { allowed } = judge([...PLAIN, ...ACCELERATED], { includeFamilies: ['m5', 'inf2', 'g6'] });
    expect(allowed.sort()).toEqual(['g6.xlarge', 'inf2.xlarge', 'm5.large', 'm5.metal']);
  });
});

describe('a constraint that cannot be evaluated', () => {
  it.each<[string, Asked, string[]]>([
    ['a constraint that says nothing about types', { unjudged: ['maxPricePerCpu'] }, ['maxPricePerCpu']],
    ['vCPUs of a type whose size the feed lacks', { minCpu: 8 }, ['minCpu']],
    ['its memory', { minMemory: 1, maxMemory: 2 }, ['minMemory', 'maxMemory']],
    [
      'a GPU that no family of the table has',
      { gpu: { includeNames: ['T4', 'X9000'] } },
      ['gpu.includeNames'],
    ],
    ['one to be excluded', { gpu: { isRequired: true, excludeNames: ['X9000'] } }, ['gpu.excludeNames']],
    ['the GPUs of a family to come', { gpu: { manufacturers: ['NVIDIA'] } }, ['gpu.manufacturers']],
    [
      'the CPUs of a family to come',
      { cpuManufacturers: ['AMD'], gpu: { isRequired: true } },
      ['cpuManufacturers'],
    ],
  ])('narrows nothing and is named: %s', (_, asked, unjudged) => {
    const types = typesOf({ 'm5.large': [null, null], 'g9.xlarge': [null, null] });
    const { allowed, ...judged } = judge(types, { architectures: ['x86_64'], ...asked });
    expect(allowed).toEqual([asked.gpu === undefined ? 'm5.large' : 'g9.xlarge']);
    expect(judged.unjudged).toEqual(unjudged);
  });

  it('is not named if every type can be judged', () => {
    expect(judge(PLAIN, { minCpu: 8, cpuManufacturers: ['AMD'] })).toMatchObject({
      sure: ['hpc7a.96xlarge'],
      unjudged: [],
    });
  });

  it('is not named if it makes no difference', () => {
    const types = typesOf({ 'm5.large': [null, 8], 'c7g.large': [2, 4] });
    expect(judge(types, { architectures: ['arm64'], minCpu: 2 })).toEqual({
      allowed: ['c7g.large'],
      sure: ['c7g.large'],
      unjudged: [],
    });
  });
});

describe('a template may allow a type if a property is unknown, but never surely', () => {
  const gpu = { isRequired: true, includeNames: ['L4'] };
  const x86 = { architectures: ['x86_64'] } as const;

  it.each<[string, Asked, sure: string[], maybe: string[], unjudged: string[]]>([
    [
      'arm64, if no architecture is set',
      { maxCpu: 2, burstable: false },
      ['m5.large'],
      ['c7g.large'],
      ['architectures'],
    ],
    ['burstable types, if that is not set', { ...x86, maxCpu: 2 }, ['m5.large'], ['t3.micro'], ['burstable']],
    [
      'burstable types are sure, if they are enabled',
      { ...x86, maxCpu: 2, burstable: true },
      ['m5.large', 't3.micro'],
      [],
      [],
    ],
    [
      'burstable types are excluded, if they are disabled',
      { ...x86, maxCpu: 2, burstable: false },
      ['m5.large'],
      [],
      [],
    ],
    [
      'parts of GPUs, if that is not set',
      { ...x86, gpu },
      ['g6.xlarge'],
      ['g6f.xlarge', 'g9.xlarge'],
      ['gpu.fractionalGpus', 'gpu.includeNames'],
    ],
    [
      'parts of GPUs are sure, if they are enabled',
      { ...x86, gpu: { ...gpu, fractional: true } },
      ['g6.xlarge', 'g6f.xlarge'],
      ['g9.xlarge'],
      ['gpu.includeNames'],
    ],
    [
      'parts of GPUs are excluded, if they are disabled',
      { ...x86, gpu: { ...gpu, fractional: false } },
      ['g6.xlarge'],
      ['g9.xlarge'],
      ['gpu.includeNames'],
    ],
    [
      'parts of GPUs, also without asking for GPUs',
      { ...x86, includeFamilies: ['g6f'] },
      [],
      ['g6f.xlarge'],
      ['gpu.fractionalGpus'],
    ],
    [
      'how many GPUs a part of one is',
      { ...x86, gpu: { ...gpu, fractional: true, minCount: 1 } },
      ['g6.xlarge'],
      ['g6f.xlarge', 'g9.xlarge'],
      ['gpu.minCount', 'gpu.includeNames'],
    ],
    [
      'another GPU, if one of the names is unknown',
      { ...x86, gpu: { includeNames: ['T4', 'X9000'] }, maxMemory: 16_384 },
      ['g4dn.xlarge'],
      ['g4ad.xlarge', 'g6.xlarge', 'g6f.xlarge', 'g9.xlarge'],
      ['gpu.includeNames', 'gpu.fractionalGpus'],
    ],
    [
      'the use of local disks, where it is optional',
      { ...x86, storageOptimized: true, includeFamilies: ['i4i', 'g4dn', 'm5'] },
      ['i4i.xlarge'],
      ['g4dn.xlarge', 'g4dn.metal'],
      ['storageOptimized'],
    ],
    [
      'that they are not used',
      { ...x86, storageOptimized: false, includeFamilies: ['i4i', 'g4dn', 'm5'] },
      ['m5.large', 'm5.metal'],
      ['g4dn.xlarge', 'g4dn.metal'],
      ['storageOptimized'],
    ],
    [
      'what a type means in a list of families',
      { ...x86, includeFamilies: ['m5', 'c5a.xlarge'] },
      ['m5.large', 'm5.metal'],
      ['c5a.xlarge'],
      ['instanceFamilies.include'],
    ],
    [
      'what a type means among excluded families',
      { ...x86, includeFamilies: ['m5'], excludeFamilies: ['m5.metal'] },
      ['m5.large'],
      ['m5.metal'],
      ['instanceFamilies.exclude'],
    ],
    [
      'accelerated types in a list of families',
      { ...x86, includeFamilies: ['g6.xlarge'] },
      [],
      ['g6.xlarge'],
      ['instanceFamilies.include'],
    ],
    [
      'vCPUs of a type whose size the feed lacks',
      { ...x86, minCpu: 96, includeFamilies: ['m5', 'x9'] },
      ['m5.metal'],
      ['x9.large'],
      ['minCpu'],
    ],
  ])('%s', (_, asked, sure, maybe, unjudged) => {
    const types = [...PLAIN, ...ACCELERATED, ...typesOf({ 'x9.large': [null, null] })];
    const judged = judge(
      types.filter(
        ({ instanceType }) => instanceType !== 'x9.large' || asked.includeFamilies?.includes('x9'),
      ),
      asked,
    );
    expect(judged.sure.sort()).toEqual(sure.sort());
    expect(judged.allowed.sort()).toEqual([...sure, ...maybe].sort());
    expect([...(judged.unjudged ?? [])].sort()).toEqual(unjudged.sort());
  });
});

it('every constraint of usual templates can be evaluated in a real region', () => {
  const { types } = realFeed('2026-02-13').of('us-west-2', 'Linux');
  const judged = judgeTemplates(TEMPLATES, types);
  expect(judged.flatMap(({ unjudged }) => unjudged)).toEqual([]);
  const gpu = judged.find(({ template }) => template.name === 'gpu');
  const named = types.map(({ instanceType }) => instanceType).filter((type) => /^(g5|g6|g6e)\./.test(type));
  expect([...(gpu?.allowed.keys() ?? [])].sort()).toEqual(named.sort());
});

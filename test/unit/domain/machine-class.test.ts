import { describe, expect, it } from 'vitest';
import { ACCELERATED_FAMILIES, hasGpu } from '../../../lambda/domain/instance-types/accelerator.ts';
import { classOf } from '../../../lambda/domain/instance-types/instance-type.ts';
import { realFeed } from '../../support/plan.ts';

describe('the machine class of a type', () => {
  it.each([
    ['m7g.large', 'arm64'],
    ['c6gn.xlarge', 'arm64'],
    ['is4gen.medium', 'arm64'],
    ['m5.large', 'x86_64'],
    ['t3a.nano', 'x86_64'],
    ['d3en.xlarge', 'x86_64'],
    ['u7i-12tb.224xlarge', 'x86_64'],
    ['g4dn.xlarge', 'x86_64 accelerated'],
    ['g4ad.xlarge', 'x86_64 accelerated'],
    ['gr6.4xlarge', 'x86_64 accelerated'],
    ['gr6f.4xlarge', 'x86_64 accelerated'],
    ['p5en.48xlarge', 'x86_64 accelerated'],
    ['p6-b200.48xlarge', 'x86_64 accelerated'],
    ['inf2.xlarge', 'x86_64 accelerated'],
    ['trn1n.32xlarge', 'x86_64 accelerated'],
    ['dl2q.24xlarge', 'x86_64 accelerated'],
    ['f2.6xlarge', 'x86_64 accelerated'],
    ['vt1.3xlarge', 'x86_64 accelerated'],
    ['g5g.xlarge', 'arm64 accelerated'],
    ['p6e-gb200.36xlarge', 'arm64 accelerated'],
    ['p6e-gb300.36xlarge', 'arm64 accelerated'],
    // Families to come.
    ['g12e.large', 'x86_64 accelerated'],
    ['gr9.large', 'x86_64 accelerated'],
    ['p9.large', 'x86_64 accelerated'],
    ['inf7.large', 'x86_64 accelerated'],
    ['trn9.large', 'x86_64 accelerated'],
    ['g8g.large', 'arm64 accelerated'],
  ])('of %s is %s', (type, machineClass) => expect(classOf(type)).toBe(machineClass));

  it('is accelerated for each accelerated family of the feeds, by the table and by the rule', () => {
    const types = (['2025-06-28', '2026-02-13'] as const).flatMap((day) =>
      realFeed(day)
        .of('us-east-1', 'Linux')
        .types.map(({ instanceType }) => instanceType),
    );
    const byRule = types.filter((type) => classOf(type).endsWith('accelerated'));
    const families = new Set(byRule.map((type) => type.slice(0, type.indexOf('.'))));
    expect([...families].filter((family) => !ACCELERATED_FAMILIES.includes(family))).toEqual([]);
    for (const family of ACCELERATED_FAMILIES) expect(classOf(`${family}.large`)).toMatch(/ accelerated$/);
  });

  it.each([
    ['g6e.xlarge', true],
    ['p3.2xlarge', true],
    ['dl1.24xlarge', true],
    ['g9.xlarge', true],
    ['inf2.xlarge', false],
    ['trn9.xlarge', false],
    ['f1.2xlarge', false],
    ['vt1.3xlarge', false],
    ['dl2q.24xlarge', false],
  ])('does not show whether there are GPUs, but the family of %s does: %s', (type, expected) =>
    expect(hasGpu(type)).toBe(expected),
  );
});

import { describe, expect, it } from 'vitest';
import { classOf } from '../../../lambda/domain/instance-types/instance-type.ts';
import type { Template } from '../../../lambda/domain/instance-types/template.ts';
import { planApply } from '../../../lambda/domain/plan.ts';
import { POLICY, realFeed, stateWith, TEMPLATES } from '../../support/plan.ts';

/** What a plan leaves available of a region's accelerated types: the calm ones, and those that are spared. */
function acceleratedAfter(
  day: '2025-06-28' | '2026-02-13',
  region: string,
  interruptionThreshold: number,
  templates: readonly Template[] | null = null,
) {
  const feed = realFeed(day).of(region, 'Linux');
  const state = { ...stateWith([]), templates };
  const { decisions, available } = planApply(feed, { ...POLICY, interruptionThreshold }, state);
  const actions = new Map(decisions.map(({ instanceType, action }) => [instanceType, action]));
  const accelerated = feed.types
    .map(({ instanceType }) => instanceType)
    .filter((type) => classOf(type).endsWith('accelerated'))
    .sort();
  return {
    calm: accelerated.filter((type) => !actions.has(type)),
    spared: accelerated.filter((type) => actions.get(type) === 'spare'),
    added: accelerated.filter((type) => actions.get(type) === 'add'),
    available: available.get('x86_64 accelerated'),
  };
}

describe('of the accelerated types of a real region', () => {
  it('all ten stay in eu-central-2, June 2025, at 10%, where each of them is risky', () => {
    expect(acceleratedAfter('2025-06-28', 'eu-central-2', 10)).toEqual({
      calm: [],
      spared: [
        ...[
          'g6.12xlarge',
          'g6.16xlarge',
          'g6.24xlarge',
          'g6.2xlarge',
          'g6.48xlarge',
          'g6.4xlarge',
          'g6.8xlarge',
        ],
        ...['g6.xlarge', 'gr6.4xlarge', 'gr6.8xlarge'],
      ],
      added: [],
      available: { types: 10, families: 2 },
    });
  });

  it('15 of 5 families stay in eu-west-3, February 2026, at 10%, where four are calm', () => {
    const { calm, spared, added, available } = acceleratedAfter('2026-02-13', 'eu-west-3', 10);
    expect(calm).toEqual(['g4dn.xlarge', 'g6.12xlarge', 'g6.24xlarge', 'inf2.48xlarge']);
    expect(spared).toEqual([
      ...[
        'g4dn.8xlarge',
        'g6.16xlarge',
        'g6.2xlarge',
        'g6.48xlarge',
        'g6.xlarge',
        'gr6.4xlarge',
        'gr6.8xlarge',
      ],
      // The calmest of a fifth family.
      'inf1.24xlarge',
      ...['inf2.24xlarge', 'inf2.8xlarge', 'inf2.xlarge'],
    ]);
    expect(added).toHaveLength(10);
    expect(available).toEqual({ types: 15, families: 5 });
  });

  it('29 stay in us-west-2, February 2026, at 20%, but none of g5, g6, g6e, gr6: a class does not stand for a family', () => {
    const { calm, spared, available } = acceleratedAfter('2026-02-13', 'us-west-2', 20);
    expect(spared).toEqual([]);
    expect(available).toEqual({ types: 29, families: 16 });
    expect(calm.filter((type) => type.startsWith('g'))).toEqual([
      ...['g4ad.16xlarge', 'g4ad.2xlarge', 'g4ad.4xlarge', 'g4ad.8xlarge', 'g4ad.xlarge'],
      ...['g4dn.12xlarge', 'g4dn.16xlarge', 'g4dn.4xlarge', 'g4dn.metal', 'g4dn.xlarge'],
      ...['g5g.16xlarge', 'g5g.2xlarge', 'g5g.4xlarge', 'g5g.8xlarge', 'g5g.metal', 'g5g.xlarge'],
      ...['g6f.2xlarge', 'g6f.4xlarge', 'g6f.large', 'g6f.xlarge'],
    ]);
  });

  it('five of g5, g6 and g6e stay there for a template that allows no others', () => {
    const { spared } = acceleratedAfter('2026-02-13', 'us-west-2', 20, TEMPLATES);
    expect(spared).toEqual(['g5.16xlarge', 'g5.2xlarge', 'g5.4xlarge', 'g6.48xlarge', 'g6e.16xlarge']);
  });
});

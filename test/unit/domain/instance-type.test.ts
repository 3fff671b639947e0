import { describe, expect, it } from 'vitest';
import { architectureOf, familyOf } from '../../../lambda/domain/instance-types/instance-type.ts';

describe('the architecture of a type', () => {
  it.each([
    'a1.large',
    'm7g.large',
    'm10g.large',
    'c6gn.xlarge',
    'im4gn.large',
    'is4gen.medium',
    'x2gd.metal',
    'hpc7g.4xlarge',
    'g5g.xlarge',
    't4g.nano',
    'r8gb.large',
  ])('is arm64 for %s', (type) => expect(architectureOf(type)).toBe('arm64'));

  it.each([
    'g4dn.xlarge',
    'xa1.large',
    'u-7g.large',
    'g5.large',
    'g6.large',
    'gr6.4xlarge',
    'm7i-flex.large',
    'u7i-12tb.224xlarge',
    'c7a.large',
    'inf1.xlarge',
    'p4de.24xlarge',
  ])('is x86_64 for %s', (type) => expect(architectureOf(type)).toBe('x86_64'));

  it('has the family before the dot', () => expect(familyOf('u7i-12tb.224xlarge')).toBe('u7i-12tb'));
});

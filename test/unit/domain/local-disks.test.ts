import { describe, expect, it } from 'vitest';
import { familyOf } from '../../../lambda/domain/instance-types/instance-type.ts';
import { isStorageOptimized } from '../../../lambda/domain/instance-types/traits.ts';
import { realFeed, regionsOf } from '../../support/plan.ts';

/** The families of both saved feeds by their local disks, from AWS's instance store specifications. */
const FAMILIES = {
  'always used': 'i2 i3 i3en i4g i4i i7i i7ie i8g i8ge im4gn is4gen',
  SSDs: `c3 m3 r3 x1 x1e c5ad c5d c6gd c6id c7gd c8gd m5ad m5d m5dn m6gd m6id m6idn m7gd m8gd r5ad r5d r5dn r6gd r6id r6idn
    r7gd r8gd x2gd x2idn x2iedn x8aedz z1d dl1 f1 f2 g4ad g4dn g5 g6 g6e g6f g7e gr6 gr6f p3dn p4d p4de p5 p5en p6-b200
    p6-b300 trn1 trn1n`,
  'hard disks': 'c1 m1 m2 d2 d3 d3en h1',
  none: `a1 c4 c5 c5a c5n c6a c6g c6gn c6i c6in c7a c7g c7gn c7i c7i-flex c8a c8g c8gb c8gn c8i c8i-flex m4 m5 m5a m5n m5zn
    m6a m6g m6i m6in m7a m7g m7i m7i-flex m8a m8g m8gb m8gn m8i m8i-flex r4 r5 r5a r5b r5n r6a r6g r6i r6in r7a r7g r7i r7iz
    r8a r8g r8gb r8gn r8i r8i-flex t1 t2 t3 t3a t4g x2iezn x8g x8i dl2q g5g inf1 inf2 p2 p3 vt1`,
};
const familiesWith = (disks: keyof typeof FAMILIES) => FAMILIES[disks].split(/\s+/);

describe('whether CAST AI counts a family as storage optimized', () => {
  it.each<[keyof typeof FAMILIES, boolean | null]>([
    ['always used', true],
    ['SSDs', null],
    ['hard disks', null],
    ['none', false],
  ])('with local disks, %s: %s', (disks, expected) => {
    for (const family of familiesWith(disks))
      expect([family, isStorageOptimized(family)]).toEqual([family, expected]);
  });

  it('is determined for every family of the saved feeds', () => {
    const days = ['2025-06-28', '2026-02-13'] as const;
    const inFeeds = days.flatMap((day) =>
      regionsOf(day).flatMap((region) => realFeed(day).of(region, 'Linux').types),
    );
    const known = Object.keys(FAMILIES).flatMap((disks) => familiesWith(disks as keyof typeof FAMILIES));
    expect(new Set(inFeeds.map(({ instanceType }) => familyOf(instanceType)))).toEqual(new Set(known));
  });

  it('is unknown for a future family, unless its name shows it', () => {
    expect(['g9', 'p7-b400', 'q1', 'm9xd', 'constructor'].map(isStorageOptimized)).toEqual(
      Array(5).fill(null),
    );
    expect(['m9', 'c9gn', 'r9i-flex'].map(isStorageOptimized)).toEqual([false, false, false]);
    expect(['i9ie', 'is9gen'].map(isStorageOptimized)).toEqual([true, true]);
  });
});

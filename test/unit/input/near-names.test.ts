import { expect, test } from 'vitest';
import { nearestName } from '../../../lambda/input/near-names.ts';

test.each([
  ['us-esat-1', 'us-east-1'],
  ['us-wset-1', 'us-west-1'],
  ['us-eas-1', 'us-east-1'],
  ['su-east-1', 'us-east-1'],
  ['useast1', 'us-east-1'],
  ['us-east-12', 'us-east-1'],
  ['mars-north-1', undefined],
])('the region that %s was probably meant to be is %s', (written, meant) => {
  // The order of the known names does not matter.
  const known = ['us-east-1', 'us-west-1', 'us-gov-west-1'];
  expect([known, known.toReversed()].map((names) => nearestName(written, names, 2))).toEqual([meant, meant]);
});

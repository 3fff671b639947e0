import { expect, it } from 'vitest';
import { readFeed } from '../../../lambda/spot-advisor/feed.ts';
import { realFeed } from '../../support/plan.ts';

const typeOf = (instanceTypes: unknown) => {
  const text = JSON.stringify({
    ranges: [{ index: 0, label: '<5%' }],
    spot_advisor: { 'us-east-1': { Linux: { 'm5.large': { r: 0, s: 60 } } } },
    ...(instanceTypes === undefined ? {} : { instance_types: instanceTypes }),
  });
  const feed = readFeed(text, { etag: null, lastModified: null });
  return feed.of('us-east-1', 'Linux').types[0];
};

it('reads vCPUs, and memory in MiB, from the feed', () => {
  expect(typeOf({ 'm5.large': { cores: 2, ram_gb: 7.5 } })).toMatchObject({ cores: 2, memory: 7680 });
});

it.each([
  ['no table of types', undefined],
  ['a list in its place', []],
  ['no such type', { 'm5.xlarge': { cores: 4, ram_gb: 16 } }],
  ['a type without facts', { 'm5.large': null }],
  ['texts', { 'm5.large': { cores: '2', ram_gb: '8' } }],
  ['nothing', { 'm5.large': { cores: 0, ram_gb: 0 } }],
  ['less than nothing', { 'm5.large': { cores: -2, ram_gb: -8 } }],
])('treats %s as unknown, because only templates depend on it', (_, instanceTypes) => {
  expect(typeOf(instanceTypes)).toMatchObject({ cores: null, memory: null });
});

it('knows the size of every type of the real feeds', () => {
  for (const day of ['2025-06-28', '2026-02-13'] as const) {
    const { types } = realFeed(day).of('us-east-1', 'Linux');
    expect(types.filter(({ cores, memory }) => cores === null || memory === null)).toEqual([]);
  }
});

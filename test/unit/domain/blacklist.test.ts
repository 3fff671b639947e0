import { describe, expect, it } from 'vitest';
import { type Entry, readBlacklist } from '../../../lambda/domain/blacklist/blacklist.ts';
import { CLUSTER, foreignEntry, HOUR, NOW, OTHER_CLUSTER, ownEntry, TARGET } from '../../support/plan.ts';

const read = (...entries: Entry[]) =>
  readBlacklist(entries, CLUSTER, { targetName: TARGET, formerTargetName: null }, NOW);

const TYPE = 'm5.large';

describe('the time until which a target’s own key is blacklisted', () => {
  const IN_TWO_HOURS = NOW + 2 * HOUR;

  it.each<[string, number, Entry[]]>([
    ['its own entry counts', IN_TWO_HOURS, [ownEntry(TYPE, 2)]],
    ['another owner’s counts', IN_TWO_HOURS, [foreignEntry({ instanceType: TYPE, expiresAt: IN_TWO_HOURS })]],
    ['the longest counts', IN_TWO_HOURS, [ownEntry(TYPE, 1), ownEntry(TYPE, 2), ownEntry(TYPE, 1.5)]],
    [
      'one without expiry counts as endless',
      Number.POSITIVE_INFINITY,
      [{ ...ownEntry(TYPE, 1), expiresAt: null }],
    ],
    ['an expired one does not count', 0, [ownEntry(TYPE, 0)]],
    ['one of another type does not', 0, [ownEntry('c5.large', 2)]],
    ['one of its family does not', 0, [foreignEntry({ instanceFamily: 'm5' })]],
    ['one of a type and its family at once does not', 0, [{ ...ownEntry(TYPE, 2), instanceFamily: 'm5' }]],
    ['one for every lifecycle does not', 0, [foreignEntry({ instanceType: TYPE, lifecycle: 'all' })]],
    ['one for the organization does not', 0, [foreignEntry({ instanceType: TYPE, clusterId: null })]],
    ['one for another cluster does not', 0, [{ ...ownEntry(TYPE, 2), clusterId: OTHER_CLUSTER }]],
  ])('%s', (_, until, entries) => {
    expect(read(...entries).blacklistedUntil(TYPE)).toBe(until);
  });
});

describe('an own entry', () => {
  it('does not count once it has expired', () => {
    const { own } = read(ownEntry(TYPE, -1), ownEntry('c5.large', 1));
    expect([...own.keys()]).toEqual(['c5.large']);
  });

  it('names a type: an entry without one has no owner', () => {
    const { own, foreignKeys } = read(foreignEntry({ reason: 'spot-blacklist/default: >20%' }));
    expect([...own, ...foreignKeys]).toEqual([]);
  });

  it('does not count as another owner’s cover, and does not prevent a removal', () => {
    const { coveredUntil, foreignKeys, claimedKeys } = read(ownEntry(TYPE, 1));
    expect(coveredUntil(TYPE)).toBe(0);
    expect([...foreignKeys, ...claimedKeys]).toEqual([]);
  });
});

describe('an entry of another owner under the same key', () => {
  it('must be neither removed nor added to', () => {
    const { foreignKeys, claimedKeys } = read(
      foreignEntry({ instanceType: TYPE }),
      foreignEntry({ instanceType: 'c5.large', reason: '' }),
    );
    expect([...foreignKeys]).toEqual([TYPE, 'c5.large']);
    expect([...claimedKeys]).toEqual([TYPE, 'c5.large']);
  });

  it('may be the target’s own if no entry of the list has a reason', () => {
    const { foreignKeys, claimedKeys } = read(foreignEntry({ instanceType: TYPE, reason: '' }));
    expect([...foreignKeys]).toEqual([TYPE]);
    expect([...claimedKeys]).toEqual([]);
  });

  it('does not count once it has expired', () => {
    const { foreignKeys, coveredUntil } = read(foreignEntry({ instanceType: TYPE, expiresAt: NOW }));
    expect([...foreignKeys]).toEqual([]);
    expect(coveredUntil(TYPE)).toBe(0);
  });
});

describe('a time that means no expiry', () => {
  it.each(['0001-01-01T00:00:00Z', '1970-01-01T00:00:00Z', '9999-12-31T23:59:59Z', '2038-01-19T03:14:07Z'])(
    '%s: an entry never expires, whoever wrote it',
    (time) => {
      const expiresAt = Date.parse(time);
      const { own, coveredUntil } = read(
        { ...ownEntry(TYPE, 1), expiresAt },
        foreignEntry({ instanceType: 'c5.large', expiresAt }),
      );
      expect(own.get(TYPE)).toBe(Number.POSITIVE_INFINITY);
      expect(coveredUntil('c5.large')).toBe(Number.POSITIVE_INFINITY);
    },
  );

  it('is not a time a few years ahead', () => {
    const expiresAt = NOW + 9 * 365 * 24 * HOUR;
    expect(read({ ...ownEntry(TYPE, 1), expiresAt }).own.get(TYPE)).toBe(expiresAt);
  });
});

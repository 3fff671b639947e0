import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type Author, authorOf, markerOf } from '../../../lambda/domain/blacklist/ownership.ts';
import { targetName } from '../../../lambda/settings/rules.ts';

const NAMES = { targetName: 'default', formerTargetName: 'old' };

describe('the author of an entry', () => {
  it.each<[string, Author]>([
    ['spot-blacklist/default: >20%', { kind: 'own' }],
    ['spot-blacklist/old: >20%', { kind: 'own' }],
    ['spot-blacklist/gpu: >20%', { kind: 'target', name: 'gpu' }],
    ['spot-blacklist/default-2: >20%', { kind: 'target', name: 'default-2' }],
    ['spot-blacklist/Team_A.prod: >20%', { kind: 'target', name: 'Team_A.prod' }],
    ['spot-blacklist/Default: >20%', { kind: 'target', name: 'Default' }],
    [`spot-blacklist/${'x'.repeat(40)}: >20%`, { kind: 'target', name: null }],
    ['Spot-Blacklist/Default: >20%', { kind: 'altered' }],
    ['SPOT-BLACKLIST/DEFAULT: >20%', { kind: 'altered' }],
    ['user: spot-blacklist/default: >20%', { kind: 'altered' }],
    ['"spot-blacklist/default: >20%"', { kind: 'altered' }],
    ['spot-blacklist%2Fdefault: >20%', { kind: 'altered' }],
    ['spot-blacklist&#x2F;default: &gt;20%', { kind: 'altered' }],
    ['spot_blacklist default', { kind: 'altered' }],
    ['spot-blacklist/default', { kind: 'altered' }],
    ['spot-blacklist/def', { kind: 'altered' }],
    ['spot-blacklist/', { kind: 'altered' }],
    ['spot-blackl', { kind: 'altered' }],
    ['spot-blacklist/def…', { kind: 'altered' }],
    ['spot-blackl...', { kind: 'altered' }],
    ['spot-bla', { kind: 'altered' }],
    ['spot-blacklistdefault: >20%', { kind: 'altered' }],
    ['spot-blacklist-default-20-interrupted', { kind: 'altered' }],
    ['User: Spot-Blacklist/Old: >20%', { kind: 'altered' }],
    ['user: spot-blacklist/gpu: >20%', { kind: 'other' }],
    ['not for spot: blacklisted by hand', { kind: 'other' }],
    ['by hand', { kind: 'other' }],
    ['', { kind: 'other' }],
  ])('%j is %j', (reason, author) => {
    expect(authorOf(reason, NAMES)).toEqual(author);
  });

  it('is recognised by any name that the settings accept, as own and as another target’s', () => {
    const names = fc
      .stringMatching(/^[\w.-]{1,64}$/)
      .filter((name) => v.is(targetName.value, name) && name !== 'default' && name !== 'old');
    fc.assert(
      fc.property(names, (name) => {
        const reason = `${markerOf(name)}>20%`;
        const shown = name.length <= 32 ? name : null;
        expect(authorOf(reason, NAMES)).toEqual({ kind: 'target', name: shown });
        expect(authorOf(reason, { targetName: name, formerTargetName: null })).toEqual({ kind: 'own' });
        expect(authorOf(`user: ${reason}`, { targetName: name, formerTargetName: null })).toEqual({
          kind: 'altered',
        });
      }),
    );
  });
});

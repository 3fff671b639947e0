import { describe, expect, it } from 'vitest';
import { type Entry, readBlacklist } from '../../../lambda/domain/blacklist/blacklist.ts';
import type { Write } from '../../../lambda/domain/blacklist/write.ts';
import type { Policy } from '../../../lambda/domain/decision.ts';
import { CastAiAuthError, type SpotBlacklistError } from '../../../lambda/domain/errors.ts';
import { planApply, planClear } from '../../../lambda/domain/plan.ts';
import { NO_FACTS } from '../../../lambda/run/cluster-facts.ts';
import { type Deadline, StoppedByHand } from '../../../lambda/run/deadline.ts';
import { executionOf } from '../../../lambda/run/execution.ts';
import { readSettings } from '../../../lambda/settings/settings.ts';
import {
  CLUSTER,
  foreignEntry,
  HOUR,
  madeUpRegion,
  NO_GUARD_RAILS,
  NOW,
  ownEntry,
  POLICY,
  stateWith,
} from '../../support/plan.ts';
import { ENVIRONMENT } from '../../support/settings.ts';

const FEED = madeUpRegion({ 'm5.large': 4, 'c5.large': 0 });
const POLICY_HERE = { ...POLICY, ...NO_GUARD_RAILS, releaseCalm: true };
/** Covers that last two hours are safe. */
const SETTINGS = readSettings({ ...ENVIRONMENT, BLACKLIST_HOURS: '4' }, {});

const endedBy = (reason?: unknown): Deadline => {
  const over = AbortSignal.abort(reason);
  return { evidence: () => over, facts: over, plans: over, writes: over, responses: over, reads: over };
};

interface Left {
  readonly operation?: 'clear';
  readonly policy?: Partial<Policy>;
  /** Whether the list after writing cannot be read. */
  readonly isUnread?: true;
  readonly deadline?: Deadline;
  readonly error?: SpotBlacklistError;
  readonly state?: Write['state'];
}

/** How a cluster's plan ends of which nothing was written. */
function left(entries: readonly Entry[], how: Left = {}) {
  const { operation, policy, isUnread, deadline = endedBy(), error, state = 'unsent' } = how;
  const clusterState = stateWith(entries);
  const plan =
    operation === 'clear'
      ? planClear(clusterState)
      : planApply(FEED, { ...POLICY_HERE, ...policy }, clusterState);
  const blacklist = readBlacklist(entries, CLUSTER, clusterState, NOW);
  const planned = {
    cluster: { id: CLUSTER, name: null, region: null, doubts: [] },
    state: clusterState,
    plan,
    facts: NO_FACTS,
  };
  const writes = plan.decisions
    .filter(({ action }) => action !== 'keep')
    .map((decision): Write => ({ decision, state, error: error ?? null }));
  const { outcomes, uncovered } = executionOf(
    planned,
    writes,
    isUnread ? { blacklist: null, problem: 'it could not be confirmed' } : { blacklist, problem: null },
    { settings: SETTINGS, ports: { deadline } },
  );
  return { states: outcomes.map((outcome) => outcome.state), uncovered };
}

describe('a write for which a run has no time', () => {
  it.each<[string, string, number, Entry[]]>([
    ['postponed if its entry lasts well past the next run', 'postponed', 0, [ownEntry('m5.large', 2)]],
    ['deferred if its entry does not', 'deferred', 0, [ownEntry('m5.large', 1.99)]],
    ['deferred if nothing covers its type, which then counts as uncovered', 'deferred', 1, []],
    [
      'postponed if an entry of another owner covers its type for long enough',
      'postponed',
      0,
      [foreignEntry({ instanceFamily: 'm5', expiresAt: NOW + 3 * HOUR })],
    ],
    [
      'postponed if it removes an entry that is no longer wanted',
      'postponed',
      0,
      [ownEntry('m5.large', 11), ownEntry('c5.large', 1)],
    ],
  ])('is %s', (_, state, uncovered, entries) => {
    expect(left(entries)).toEqual({ states: [state], uncovered });
  });

  it.each<[string, Left]>([
    ['is to be cleared', { operation: 'clear' }],
    ['is on the never list', { policy: { neverBlacklist: ['m5.*'] } }],
    ['is needed by a floor', { policy: { minTypesPerArchitecture: 2 } }],
    ['has no expiry and is to be cleared', { operation: 'clear' }],
  ])('is deferred, however long its entry lasts, if its type %s', (title, how) => {
    const entry = ownEntry('m5.large', 11);
    const entries = title.includes('no expiry') ? [{ ...entry, expiresAt: null }] : [entry];
    for (const isUnread of [{}, { isUnread: true }] as const)
      expect(left(entries, { ...how, ...isUnread })).toEqual({ states: ['deferred'], uncovered: 0 });
  });

  it.each<[string, Left]>([
    ['the user stopped the run', { deadline: endedBy(new StoppedByHand()) }],
    ['the key was rejected', { error: new CastAiAuthError('KEY_REJECTED', 'Refused.') }],
    ['it got no response', { state: 'unanswered' }],
  ])('is deferred, however long its entry lasts, if %s', (_, how) => {
    expect(left([ownEntry('m5.large', 5)], how)).toEqual({ states: ['deferred'], uncovered: 0 });
  });
});

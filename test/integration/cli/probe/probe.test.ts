import { afterEach, describe, expect, it } from 'vitest';
import { makeNode, makeTemplate } from '../../../../cli/demo/sandbox/castai/inventory.ts';
import { FEED_PATH } from '../../../../cli/demo/sandbox/http/routes.ts';
import { CANDIDATES } from '../../../../cli/probe/entry-under-test.ts';
import { type Probe, type ProbePorts, probe } from '../../../../cli/probe/probe.ts';
import { probeRecord, viewProbe } from '../../../../cli/probe/probe-here.ts';
import type { Credentials } from '../../../../lambda/run/ports.ts';
import { fetchFeed } from '../../../../lambda/spot-advisor/feed.ts';
import type { CastAiSwitches } from '../../../sandbox/castai/switches.ts';
import type { Fault } from '../../../sandbox/http/faults.ts';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.ts';
import { typeIn } from '../../../support/deployment.ts';
import { portsWith } from '../../../support/probe-record.ts';
import { writesSeenBy } from '../../../support/run-here.ts';

let sandbox: Sandbox;
/** CAST AI's clock and the probe's: waiting moves it. */
let time = 0;

async function start(switches: Partial<CastAiSwitches> = {}): Promise<Sandbox> {
  time = Date.parse('2026-02-14T12:00:00.456Z');
  sandbox = await startSandbox({ castai: switches, now: () => time });
  return sandbox;
}

afterEach(() => sandbox.close());

function credentials() {
  const { apiKey, organizationId, clusters } = sandbox.castai;
  return { apiKey, organizationId, clusterId: clusters[0]?.id ?? null };
}

function probeNow(ports: Partial<ProbePorts> = {}, account: Credentials = credentials()): Promise<Probe> {
  return probe(sandbox.url, account, {
    ...portsWith(
      () => time,
      (milliseconds) => {
        time += milliseconds;
      },
    ),
    typesIn: async (region, signal) =>
      (await fetchFeed(`${sandbox.url}${FEED_PATH}`, signal)).of(region, 'Linux').types,
    ...ports,
  });
}

const foundIn = ({ findings }: Probe) => Object.fromEntries(findings.map(({ id, found }) => [id, found]));

describe('a probe', () => {
  it('finds out how CAST AI behaves, and leaves nothing behind', async () => {
    await start();
    const outcome = await probeNow();
    expect(outcome).toMatchObject({ error: null, leftBehind: null, isApproved: true });
    expect(foundIn(outcome)).toEqual({
      reads: 'Everything that a run reads',
      'organization-in-cluster': 'Unknown: the organization has no such entry',
      stats: 'Yes',
      fallback: 'Unknown: no node is listed as fallback',
      managed: 'Unknown: no node is listed',
      autoscaler: 'Nothing says otherwise',
      rules: 'No (404)',
      templates: 'Yes, in 1 template',
      doubts: 'There are none',
      types: expect.stringMatching(
        /^storage optimized Never: \d+ families; .*; burstable: 0 types; fractional/,
      ),
      add: 'At once',
      acts: 'Yes: the type is no longer offered',
      lifecycle: 'Yes, spot',
      reason: 'Yes, as it was written',
      expiry: 'Yes, to the millisecond',
      'add-again': 'It extends the entry',
      'long-reason': 'Yes',
      expired: 'No',
      'add-expired': 'Yes',
      refusal: '400 {message, fieldViolations[{field, description}]}',
      remove: 'Yes',
      enforced: 'Not tried: it takes up to ten minutes; add --wait',
      'rate-limit': expect.stringMatching(/^Not in \d\d responses$/),
    });
    expect(sandbox.castai.entries).toEqual([]);
  });

  it('writes a single type, for Spot and for an hour at most, and touches no other entry', async () => {
    await start();
    const taken = { instanceType: CANDIDATES[0] ?? '', reason: 'ours' };
    const family = { instanceFamily: 'c1', clusterId: null };
    const others = [sandbox.castai.seed(taken), sandbox.castai.seed(family)];
    await probeNow();
    expect(new Set(writesSeenBy(sandbox).map(typeIn))).toEqual(new Set(['m1.medium']));
    const bodies = sandbox.requests
      .filter(({ route }) => route === 'add')
      .map(({ body }) => body as { lifecycle: string; expiresAt: string; clusterId: string });
    for (const { lifecycle, expiresAt, clusterId } of bodies) {
      expect({ lifecycle, clusterId }).toEqual({ lifecycle: 'spot', clusterId: credentials().clusterId });
      expect(Date.parse(expiresAt) - time).toBeLessThan(61 * 60_000);
    }
    expect(sandbox.castai.entries).toEqual(others);
  });

  it('with --wait, sees an expiry take effect', async () => {
    await start();
    const outcome = await probeNow({ mayWait: true });
    expect(foundIn(outcome)['enforced']).toMatch(/^Yes: the type is offered again, [01] minutes? after it$/);
    expect(sandbox.castai.entries.filter(({ expiresAt }) => Date.parse(expiresAt ?? '') > time)).toEqual([]);
  });

  it('with --wait, says so if an expiry has no effect, and removes the entry', async () => {
    await start();
    // CAST AI's clock stands still, so nothing expires there.
    const stopped = time;
    let own = time;
    const outcome = await probeNow({
      mayWait: true,
      now: () => own,
      wait: async (milliseconds) => {
        own += milliseconds;
      },
    });
    expect(time).toBe(stopped);
    expect(foundIn(outcome)['enforced']).toBe('Not within five minutes after it');
    expect(outcome.leftBehind).toBeNull();
    expect(sandbox.castai.entries).toEqual([]);
  });

  it('does not claim an effect that CAST AI does not show', async () => {
    await start({ filterHeedsBlacklist: false });
    expect(foundIn(await probeNow({ mayWait: true }))).toMatchObject({
      acts: 'It is still offered',
      enforced: 'Not tried: it is not known to have an effect',
    });
  });

  it.each<[string, Fault]>([
    ['403', { kind: 'status', status: 403 }],
    ['404', { kind: 'status', status: 404 }],
    ['501', { kind: 'status', status: 501 }],
    ['HTML', { kind: 'body', body: '<html>' }],
    ['an empty list', { kind: 'body', body: '{"availableInstanceTypes":[]}' }],
    ['other members', { kind: 'body', body: '{"availableInstanceTypes":[{"name":5},null]}' }],
    [
      'types of other regions',
      { kind: 'body', body: '{"availableInstanceTypes":[{"name":"m1.small","region":"eu-west-1"}]}' },
    ],
    ['20 MB', { kind: 'body', body: `{"availableInstanceTypes":[{"name":"${'m'.repeat(20 << 20)}"}]}` }],
  ])('asks the other questions if CAST AI evaluates no template: %s', async (_, fault) => {
    await start();
    sandbox.faults.push({ when: { route: 'filter' }, fault });
    const outcome = await probeNow();
    expect(outcome).toMatchObject({ error: null, leftBehind: null });
    expect(foundIn(outcome)).toMatchObject({
      templates: expect.stringMatching(/^Unknown: CAST AI does not say which types a template allows/),
      acts: expect.stringMatching(/^Not tried: CAST AI does not say/),
      remove: 'Yes',
    });
    expect(new Set(writesSeenBy(sandbox).map(typeIn))).toEqual(new Set(['m1.small']));
    expect(sandbox.castai.entries).toEqual([]);
  });

  it.each([
    ['allows no type', { minCpu: 2_000 }],
    // Anyone's template may have what this sandbox does not know.
    ['is refused', { aws: {} }],
  ])('asks about the other templates if one %s', async (_, constraints) => {
    await start();
    sandbox.castai.inventory.templates = [makeTemplate('one', constraints), makeTemplate('other')];
    const outcome = await probeNow();
    expect(foundIn(outcome)).toMatchObject({
      templates: 'Yes, in 1 template',
      acts: 'Yes: the type is no longer offered',
    });
  });

  it('names the constraints that CAST AI reads otherwise, and those that it decides', async () => {
    await start();
    const open = { burstable: undefined, gpu: { fractionalGpus: 'NOT_SET' }, isGpuOnly: true };
    sandbox.castai.inventory.templates = [
      makeTemplate('burst', { burstable: undefined, maxCpu: 4 }),
      makeTemplate('gpu', open),
      // The sandbox does not know this constraint.
      makeTemplate('amd', { cpuManufacturers: ['AMD'] }),
    ];
    const outcome = await probeNow();
    const facts = Object.fromEntries(outcome.findings.map((one) => [one.id, one.facts]));
    expect(facts['templates']).toMatchObject({ missing: 0, 'allowed cpuManufacturers': expect.any(Number) });
    expect(facts['doubts']).toMatchObject({
      'burstable allowed': 0,
      'burstable excluded': expect.any(Number),
      'gpu.fractionalGpus allowed': 0,
    });
    expect(
      JSON.stringify(probeRecord(outcome, { version: '0', baseUrl: sandbox.url, day: '' })),
    ).not.toContain('burst"');
  });

  it('names the members of a newer form of the blacklist, and none of its values', async () => {
    await start();
    const body =
      '{"items":[{"id":"abc","provider":"aws","selector":{"region":"eu-west-1"}}],"nextCursor":""}';
    sandbox.faults.push({ when: { route: 'rules' }, fault: { kind: 'body', body } });
    const outcome = await probeNow();
    expect(foundIn(outcome)['rules']).toBe('Yes: {items[{id, provider, selector{region}}], nextCursor}');
  });

  it('tells fallback nodes, nodes that CAST AI does not manage, and switches that are off', async () => {
    await start();
    const { inventory } = sandbox.castai;
    inventory.nodes = [makeNode('m5.large'), makeNode('m6i.large', 'fallback')];
    inventory.policies = { enabled: true, isScopedMode: true, unschedulablePods: { enabled: false } };
    expect(foundIn(await probeNow())).toMatchObject({
      fallback: 'Yes',
      managed: 'Not 2 of 2',
      autoscaler: 'Perhaps not: unschedulablePods is false, isScopedMode is true',
    });
  });

  it('writes nothing without an approval', async () => {
    await start();
    const asked: string[] = [];
    const approve = async (cluster: string, type: string) => asked.push(cluster, type) === 0;
    expect(await probeNow({ approve })).toMatchObject({ isApproved: false, leftBehind: null });
    expect(asked).toEqual(['sandbox-us-east-1', 'm1.small']);
    expect(writesSeenBy(sandbox)).toEqual([]);
  });

  it.each<[string, Partial<CastAiSwitches>, Record<string, string>]>([
    ['ignores what exists', { onAddExisting: 'ignore' }, { 'add-again': 'Nothing' }],
    ['duplicates it', { onAddExisting: 'duplicate' }, { 'add-again': 'It makes a second entry' }],
    ['refuses it', { onAddExisting: 'conflict' }, { 'add-again': 'It is refused (409)' }],
    [
      'drops the reason',
      { echoReason: false },
      { reason: 'No', 'long-reason': 'Unknown: reasons are not returned' },
    ],
    [
      'truncates it',
      { alterReason: (reason) => reason.slice(0, 64) },
      { reason: 'Cut to 64 characters', 'long-reason': 'It is cut to 64' },
    ],
    ['alters it', { alterReason: (reason) => `[api] ${reason}` }, { reason: 'Changed' }],
    ['lists expired entries', { listExpired: true }, { expired: 'Yes' }],
    [
      'refuses to add expired ones again',
      { listExpired: true, expiredRowsConflict: true, onAddExisting: 'conflict' },
      { 'add-expired': 'Not before it is removed (409)' },
    ],
    ['rounds to seconds', { roundExpiryToSeconds: true }, { expiry: 'Rounded to whole seconds' }],
    ['rounds to minutes', { roundExpiryToMinutes: true }, { expiry: 'Rounded to whole minutes' }],
    ['shortens the expiry', { maxExpiryHours: 0.25 }, { expiry: 'Changed by 16 minutes' }],
    ['stores another lifecycle', { storeLifecycle: 'all' }, { lifecycle: 'No' }],
    ['omits defaults', { omitDefaults: true, storeLifecycle: 'all' }, { lifecycle: 'No' }],
    [
      'does not let the key read the inventory',
      { keyMayReadInventory: false },
      { reads: 'Not templates (403), nodes (403), policies (403)' },
    ],
    [
      'does not let the key write',
      { keyMayWrite: false },
      { add: 'Adding is refused (403 {message, fieldViolations[]})' },
    ],
  ])('sees that CAST AI %s, and cleans up', async (_, switches, expected) => {
    await start(switches);
    const outcome = await probeNow();
    expect(outcome.error).toBeNull();
    expect(foundIn(outcome)).toMatchObject(expected);
    expect(outcome.leftBehind).toBeNull();
    expect(sandbox.castai.liveEntries()).toEqual([]);
  });

  it.each([true, false])(
    "sees whether a cluster's list has the organization's entries: %s",
    async (included) => {
      await start({ clusterQueryIncludesOrganization: included });
      sandbox.castai.seed({ clusterId: null, instanceType: 'x1.32xlarge' });
      expect(foundIn(await probeNow())['organization-in-cluster']).toBe(included ? 'Yes' : 'No');
      expect(sandbox.castai.entries).toHaveLength(1);
    },
  );

  it.each(['add', 'list', 'remove'] as const)('cleans up if requests fail midway: %s', async (route) => {
    await start();
    const nth = [2, 3, 4];
    sandbox.faults.push({ when: { route, nth }, fault: { kind: 'lost-answer', status: 501 } });
    const { leftBehind } = await probeNow();
    expect(leftBehind).toBeNull();
    expect(sandbox.castai.liveEntries()).toEqual([]);
  });

  it.each<[string, Fault]>([
    ['is refused', { kind: 'status', status: 403 }],
    ['is not JSON', { kind: 'body', body: '<html>' }],
    ['is cut short', { kind: 'body', body: '{"items":[],"nextCursor":"abc"}' }],
  ])('writes nothing if the blacklist %s, because another owner may have the entry', async (_, fault) => {
    await start();
    sandbox.faults.push({ when: { route: 'list' }, fault });
    await expect(probeNow()).rejects.toMatchObject({ name: 'CastAiError' });
    expect(writesSeenBy(sandbox)).toEqual([]);
  });

  it('does not claim to have removed what it can no longer see', async () => {
    await start();
    let lists = 0;
    const matching = () => {
      lists += 1;
      return lists > 4;
    };
    sandbox.faults.push({ when: { route: 'list', matching }, fault: { kind: 'status', status: 403 } });
    expect(await probeNow()).toMatchObject({ error: { name: 'CastAiError' }, leftBehind: 'm1.small' });
  });

  it('names what it left behind if CAST AI stops removing entries', async () => {
    await start();
    sandbox.faults.push({ when: { route: 'remove' }, fault: { kind: 'status', status: 501 } });
    const outcome = await probeNow();
    expect(outcome.leftBehind).toBe('m1.small');
    expect(viewProbe(outcome)).toContain('spot-blacklist clear --target-name probe');
    expect(sandbox.castai.liveEntries()).toHaveLength(1);
  });

  it('cleans up after Ctrl-C', async () => {
    await start();
    const stop = new AbortController();
    const onFound: ProbePorts['onFound'] = ({ id }) => {
      if (id === 'expiry') stop.abort();
    };
    const outcome = await probeNow({ signal: stop.signal, onFound });
    expect(outcome.error).not.toBeNull();
    expect(outcome.leftBehind).toBeNull();
    expect(sandbox.castai.entries).toEqual([]);
  });

  it('is refused without a single cluster, and if every candidate type has an entry', async () => {
    await start();
    const fleet = { ...credentials(), clusterId: null };
    await expect(probeNow({}, fleet)).rejects.toMatchObject({ name: 'SettingsError' });
    for (const instanceType of CANDIDATES) sandbox.castai.seed({ instanceType });
    await expect(probeNow()).rejects.toMatchObject({ name: 'ClusterError' });
    expect(writesSeenBy(sandbox)).toEqual([]);
  });

  it('writes a record without ids, names and keys, even if CAST AI quotes the key', async () => {
    await start({ echoKeyInErrors: true });
    const outcome = await probeNow();
    const record = probeRecord(outcome, { version: '0', baseUrl: sandbox.url, day: '2026-02-14' });
    const text = JSON.stringify(record) + viewProbe(outcome);
    const { apiKey, organizationId, clusterId } = credentials();
    for (const secret of [apiKey, organizationId, clusterId ?? '', 'sandbox-us-east-1', '127.0.0.1'])
      expect(text).not.toContain(secret);
    expect(record).toMatchObject({ api: 'another address', isClean: true, error: null });
  });
});

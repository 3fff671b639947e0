import { afterEach, describe, expect, it } from 'vitest';
import { type Probe, type ProbePorts, probe } from '../../../../cli/probe/probe.ts';
import { CANDIDATES } from '../../../../cli/probe/subject.ts';
import { probeRecord, viewProbe } from '../../../../cli/probe/view.ts';
import type { CastAiSwitches } from '../../../../cli/sandbox/castai/castai-state.ts';
import type { Fault } from '../../../../cli/sandbox/http/faults.ts';
import { type Sandbox, startSandbox } from '../../../../cli/sandbox/sandbox.ts';
import { typeIn } from '../../../support/deployment.ts';
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

function probeNow(ports: Partial<ProbePorts> = {}): Promise<Probe> {
  return probe(sandbox.url, credentials(), {
    now: () => time,
    wait: async (milliseconds) => {
      time += milliseconds;
    },
    signal: AbortSignal.timeout(60_000),
    approve: async () => true,
    onFound: () => {},
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
      'organization-in-cluster': 'Not found out: the organization has no such entry',
      add: 'At once',
      lifecycle: 'Yes, spot',
      reason: 'Yes, as it was written',
      expiry: 'Yes, to the millisecond',
      'add-again': 'It extends the entry',
      'long-reason': 'Yes',
      expired: 'No',
      'add-expired': 'Yes',
      refusal: '400 {message, fieldViolations[{field, description}]}',
      remove: 'Yes',
      'rate-limit': expect.stringMatching(/^Not in \d\d answers$/),
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
      { reason: 'No', 'long-reason': 'Not found out: reasons are not given back' },
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
    const ports = { now: () => time, wait: async () => {}, signal: AbortSignal.timeout(9_000) };
    await expect(
      probe(sandbox.url, fleet, { ...ports, approve: async () => true, onFound: () => {} }),
    ).rejects.toMatchObject({ name: 'SettingsError' });
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

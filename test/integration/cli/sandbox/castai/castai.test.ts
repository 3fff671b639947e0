import { describe, expect, test } from 'vitest';
import { makeCluster } from '../../../../../cli/demo/sandbox/castai/castai.ts';
import { clientFor, list, post, tomorrow } from '../../../../sandbox/http/test-client.ts';
import { startSandbox } from '../../../../sandbox/sandbox.ts';

const HOUR_MS = 3_600_000;

describe('CAST AI refuses', () => {
  const badBodies: [string, Record<string, unknown>, string][] = [
    ['an unknown field', { instanceType: 'm5.large', instanceTypes: [] }, 'instanceTypes'],
    ['neither a type nor a family', {}, ''],
    ['both a type and a family', { instanceType: 'm5.large', instanceFamily: 'm5' }, ''],
    ['a family as the type', { instanceType: 'm5' }, 'instanceType'],
    ['a type as the family', { instanceFamily: 'm5.large' }, 'instanceFamily'],
    ['an unknown lifecycle', { instanceType: 'm5.large', lifecycle: 'SPOT' }, 'lifecycle'],
    ['a type that is no text', { instanceType: 5 }, 'instanceType'],
    ['an expiry that is no time', { instanceType: 'm5.large', expiresAt: 'soon' }, 'expiresAt'],
    ['an expiry without a zone', { instanceType: 'm5.large', expiresAt: '2999-01-01T00:00:00' }, 'expiresAt'],
    [
      'a month that does not exist',
      { instanceType: 'm5.large', expiresAt: '2999-13-01T00:00:00Z' },
      'expiresAt',
    ],
    ['an expiry in the past', { instanceType: 'm5.large', expiresAt: '2020-01-01T00:00:00Z' }, 'expiresAt'],
  ];

  test.for(badBodies)('add with %s', async ([, body, field]) => {
    await using sandbox = await startSandbox();
    const answer = await post(clientFor(sandbox), 'add', body);
    expect(answer).toMatchObject({ status: 400, body: { fieldViolations: [{ field }] } });
    expect(sandbox.castai.entries).toEqual([]);
  });

  test('remove with a field that only add has', async () => {
    await using sandbox = await startSandbox();
    const answer = await post(clientFor(sandbox), 'remove', { instanceType: 'm5.large', reason: 'x' });
    expect(answer).toMatchObject({ status: 400, body: { fieldViolations: [{ field: 'reason' }] } });
  });

  test.for([
    ['no JSON', 'POST', 'v1/inventory/blacklist/add', 400],
    ['a wrong method', 'GET', 'v1/inventory/blacklist/add', 405],
    ['an unknown path', 'GET', 'v1/inventory', 404],
    ['an unknown query parameter', 'GET', 'v1/inventory/blacklist?cluster=1', 400],
    ['an unknown cluster', 'GET', 'v1/kubernetes/external-clusters/nobody', 404],
    ['the list of an unknown cluster', 'GET', 'v1/inventory/blacklist?clusterId=nobody', 404],
    ['the list of another organization', 'GET', 'v1/inventory/blacklist?organizationId=nobody', 403],
  ] as const)('%s', async ([, method, path, status]) => {
    await using sandbox = await startSandbox();
    const response = await clientFor(sandbox)(path, {
      method,
      ...(method === 'POST' ? { body: 'a=b' } : {}),
    });
    expect(response.statusCode).toBe(status);
    expect(response.headers['x-castai-request-id']).toMatch(/^[0-9a-f-]{36}$/);
    expect(JSON.parse(response.body)).toMatchObject({
      message: expect.any(String),
      fieldViolations: expect.any(Array),
    });
  });

  test.for(['wrong', undefined])('the key %s', async (key) => {
    await using sandbox = await startSandbox();
    const response = await clientFor(sandbox).get('v1/inventory/blacklist', {
      headers: { 'x-api-key': key },
    });
    expect(response.statusCode).toBe(401);
  });

  test('another organization in the body or in the header', async () => {
    await using sandbox = await startSandbox();
    const client = clientFor(sandbox);
    expect(await post(client, 'add', { organizationId: 'x', instanceType: 'm5.large' })).toMatchObject({
      status: 403,
    });
    const headers = { 'x-castai-organization-id': 'x' };
    expect((await client.get('v1/inventory/blacklist', { headers })).statusCode).toBe(500);
  });
});

describe('adding', () => {
  test('answers with the entry, which is then listed', async () => {
    await using sandbox = await startSandbox();
    const client = clientFor(sandbox);
    const { organizationId, clusters } = sandbox.castai;
    const entry = {
      organizationId,
      clusterId: clusters[0]?.id,
      instanceType: 'm5.large',
      lifecycle: 'spot',
      reason: 'why not',
      expiresAt: tomorrow(),
    };
    const { status, body } = await post(client, 'add', entry);
    expect(status).toBe(200);
    expect(body).toMatchObject({ ...entry, instanceFamily: null, id: expect.any(String) });
    expect(await list(client)).toEqual([expect.objectContaining(entry)]);
  });

  test('without a lifecycle, a cluster or an expiry applies to every lifecycle and cluster, without expiry', async () => {
    await using sandbox = await startSandbox();
    await post(clientFor(sandbox), 'add', { instanceFamily: 'm5' });
    expect(sandbox.castai.entries).toMatchObject([{ lifecycle: 'all', clusterId: null, expiresAt: null }]);
  });

  test.for([
    ['extend', 200, ['second']],
    ['ignore', 200, ['first']],
    ['duplicate', 200, ['first', 'second']],
    ['conflict', 409, ['first']],
  ] as const)('a live entry again: %s', async ([onAddExisting, status, reasons]) => {
    await using sandbox = await startSandbox({ castai: { onAddExisting } });
    const client = clientFor(sandbox);
    const key = { instanceType: 'm5.large', lifecycle: 'spot', expiresAt: tomorrow() };
    await post(client, 'add', { ...key, reason: 'first' });
    expect((await post(client, 'add', { ...key, reason: 'second' })).status).toBe(status);
    expect(sandbox.castai.entries.map(({ reason }) => reason)).toEqual(reasons);
  });

  test('an entry that has expired never conflicts', async () => {
    await using sandbox = await startSandbox({ castai: { onAddExisting: 'conflict' } });
    sandbox.castai.seed({ clusterId: null, instanceType: 'm5.large', expiresAt: '2020-01-01T00:00:00Z' });
    expect(await post(clientFor(sandbox), 'add', { instanceType: 'm5.large' })).toMatchObject({
      status: 200,
    });
  });
});

test('remove takes every entry with the same key, and no other', async () => {
  await using sandbox = await startSandbox({ castai: { onAddExisting: 'duplicate' } });
  const client = clientFor(sandbox);
  const { castai } = sandbox;
  const spot = { clusterId: null, instanceType: 'm5.large', lifecycle: 'spot' } as const;
  castai.seed(spot);
  castai.seed(spot);
  const others = [
    castai.seed({ ...spot, lifecycle: 'all' }),
    castai.seed({ ...spot, clusterId: castai.clusters[0]?.id ?? '' }),
    castai.seed({ ...spot, instanceType: null, instanceFamily: 'm5' }),
  ];
  expect(await post(client, 'remove', spot)).toEqual({ status: 200, body: {} });
  expect(castai.entries).toEqual(others);
});

describe('switches', () => {
  test('clusterQueryIncludesOrganization', async () => {
    await using sandbox = await startSandbox();
    const { castai } = sandbox;
    const other = makeCluster('us-east-1', { organizationId: castai.organizationId });
    castai.clusters.push(other);
    castai.seed({ instanceType: 'm5.large' });
    castai.seed({ instanceType: 'm5.xlarge', clusterId: null });
    castai.seed({ instanceType: 'm5.2xlarge', clusterId: other.id });
    const client = clientFor(sandbox);
    const query = { clusterId: castai.clusters[0]?.id ?? '' };
    expect(await list(client)).toHaveLength(3);
    expect(await list(client, query)).toHaveLength(2);
    castai.switches.clusterQueryIncludesOrganization = false;
    expect(await list(client, query)).toMatchObject([{ instanceType: 'm5.large' }]);
  });

  test('listExpired and the clock', async () => {
    let now = Date.now();
    await using sandbox = await startSandbox({ now: () => now });
    const client = clientFor(sandbox);
    await post(client, 'add', { instanceType: 'm5.large', expiresAt: new Date(now + HOUR_MS).toISOString() });
    now += HOUR_MS;
    expect(sandbox.castai.liveEntries()).toEqual([]);
    expect(await list(client)).toEqual([]);
    sandbox.castai.switches.listExpired = true;
    expect(await list(client)).toHaveLength(1);
  });

  test('echoReason', async () => {
    await using sandbox = await startSandbox({ castai: { echoReason: false } });
    const client = clientFor(sandbox);
    const { body } = await post(client, 'add', { instanceType: 'm5.large', reason: 'why' });
    for (const item of [body, ...(await list(client))]) expect(item).not.toHaveProperty('reason');
  });

  test('roundExpiryToSeconds and maxExpiryHours', async () => {
    const now = Date.parse('2026-01-01T00:00:00.000Z');
    const castai = { roundExpiryToSeconds: true, maxExpiryHours: 2 };
    await using sandbox = await startSandbox({ now: () => now, castai });
    const client = clientFor(sandbox);
    await post(client, 'add', { instanceType: 'm5.large', expiresAt: '2026-01-01T01:00:00.999Z' });
    await post(client, 'add', { instanceType: 'm6.large', expiresAt: '2026-01-02T00:00:00.000Z' });
    expect(await list(client)).toMatchObject([
      { expiresAt: '2026-01-01T01:00:00Z' },
      { expiresAt: '2026-01-01T02:00:00Z' },
    ]);
  });

  test('omitDefaults', async () => {
    await using sandbox = await startSandbox({ castai: { omitDefaults: true } });
    const client = clientFor(sandbox);
    expect(await client.get('v1/inventory/blacklist').json()).toEqual({});
    await post(client, 'add', { instanceType: 'm5.large' });
    const [item] = await list(client);
    expect(Object.keys(item ?? {}).sort()).toEqual(['disabledAt', 'instanceType', 'organizationId']);
  });

  test('echoKeyInErrors', async () => {
    await using sandbox = await startSandbox({ castai: { echoKeyInErrors: true, keyMayWrite: false } });
    const { status, body } = await post(clientFor(sandbox), 'add', { instanceType: 'm5.large' });
    expect(status).toBe(403);
    expect(JSON.stringify(body)).toContain(sandbox.castai.apiKey);
  });

  test('keyMayReadClusters', async () => {
    await using sandbox = await startSandbox({ castai: { keyMayReadClusters: false } });
    const client = clientFor(sandbox);
    expect((await client.get('v1/kubernetes/external-clusters')).statusCode).toBe(403);
    expect(await list(client)).toEqual([]);
  });

  test('rateLimit answers 429 with Retry-After beyond the limit', async () => {
    await using sandbox = await startSandbox({ castai: { rateLimit: { requests: 2, perSeconds: 1 } } });
    const client = clientFor(sandbox);
    const statuses = async () => (await client.get('v1/inventory/blacklist')).statusCode;
    expect([await statuses(), await statuses()]).toEqual([200, 200]);
    const refused = await client.get('v1/inventory/blacklist');
    expect([refused.statusCode, refused.headers['retry-after']]).toEqual([429, '1']);
    await new Promise((resolve) => setTimeout(resolve, 1000));
    expect(await statuses()).toBe(200);
  });
});

test('clusters are listed, and found by their id', async () => {
  await using sandbox = await startSandbox({ region: 'eu-west-1' });
  const { castai } = sandbox;
  const foreign = makeCluster('eu-west-1', { organizationId: 'somebody-else' });
  castai.clusters.push(foreign);
  const client = clientFor(sandbox);
  const own = { providerType: 'eks', status: 'ready', region: { name: 'eu-west-1' } };
  expect(await client.get('v1/kubernetes/external-clusters').json()).toMatchObject({ items: [own, foreign] });
  expect(await client.get(`v1/kubernetes/external-clusters/${foreign.id}`).json()).toEqual(foreign);
});

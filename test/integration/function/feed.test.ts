import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Deployment, deploy, NO_GUARD_RAILS, RANGES, smallFeed } from '../../support/deployment.ts';

const GOOD = smallFeed({ 'm5.large': 4, 'm5.xlarge': 0, 'c5.large': 1 });
const LINUX = GOOD.spot_advisor['us-east-1']?.['Linux'] ?? {};

/** The good feed with something else for Linux in us-east-1. */
const withLinux = (types: unknown) => ({ ...GOOD, spot_advisor: { 'us-east-1': { Linux: types } } });

/** The good feed with something else said of one type. */
const withFacts = (facts: unknown) => withLinux({ ...LINUX, 'm5.xlarge': facts });

/** The good feed with another label for its highest range. */
const withLabel = (label: unknown) => ({
  ...GOOD,
  ranges: RANGES.map((range) => (range.index === 4 ? { ...range, label } : range)),
});

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deploy({ environment: NO_GUARD_RAILS });
});
afterAll(() => deployment[Symbol.asyncDispose]());

describe('a feed that cannot be trusted is an error, and nothing is written', () => {
  it.each<[string, string | object]>([
    ['is empty', ''],
    ['is HTML', '<!DOCTYPE html><html><body>Sign in to the guest network</body></html>'],
    ['is XML', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'],
    ['is cut off', JSON.stringify(GOOD).slice(0, -10)],
    ['is two documents', JSON.stringify(GOOD).repeat(2)],
    ['is null', 'null'],
    ['is a text', '"spot_advisor"'],
    ['is a number', '5'],
    ['is an array', []],
    ['is an array of feeds', [GOOD]],
    ['is an empty object', {}],
    ['has no ranges', { ...GOOD, ranges: undefined }],
    ['has null for ranges', { ...GOOD, ranges: null }],
    ['has empty ranges', { ...GOOD, ranges: [] }],
    ['has ranges by name', { ...GOOD, ranges: Object.fromEntries(RANGES.map((one) => [one.label, one])) }],
    ['has a range that is null', { ...GOOD, ranges: [...RANGES, null] }],
    ['has a range without an index', { ...GOOD, ranges: RANGES.map(({ index: _, ...one }) => one) }],
    [
      'has a range with a text as index',
      { ...GOOD, ranges: RANGES.map((one) => ({ ...one, index: `${one.index}` })) },
    ],
    ['has a range without a label', { ...GOOD, ranges: RANGES.map(({ label: _, ...one }) => one) }],
    [
      'has two ranges of the same index',
      { ...GOOD, ranges: [...RANGES, { index: 4, label: '<5%', max: 5 }] },
    ],
    ['has a label that is a word', withLabel('often')],
    ['has a label that is empty', withLabel('')],
    ['has a label that is a number', withLabel(20)],
    ['has a label without a percent sign', withLabel('>20')],
    ['has a label with another dash', withLabel('20–100%')],
    ['has a label with a sign that is not known', withLabel('≥20%')],
    ['has a label with more behind it', withLabel('>20% (beta)')],
    ['has a label whose upper edge is below its lower', withLabel('20-10%')],
    ['has no spot_advisor', { ...GOOD, spot_advisor: undefined }],
    ['has null for spot_advisor', { ...GOOD, spot_advisor: null }],
    ['has an array for spot_advisor', { ...GOOD, spot_advisor: [GOOD.spot_advisor] }],
    ['has no types for the OS', withLinux({})],
    ['has null for the OS', withLinux(null)],
    ['has a list for the OS', withLinux([LINUX])],
    ['has a band that no range has', withFacts({ r: 5, s: 60 })],
    ['has a band below all ranges', withFacts({ r: -1, s: 60 })],
    ['has a band between two ranges', withFacts({ r: 0.5, s: 60 })],
    ['has a band in quotes', withFacts({ r: '0', s: 60 })],
    ['has a band that is a label', withFacts({ r: '<5%', s: 60 })],
    ['has a band that is null', withFacts({ r: null, s: 60 })],
    ['has a band that is a list', withFacts({ r: [0], s: 60 })],
    ['has no band', withFacts({ s: 60 })],
    ['has savings in quotes', withFacts({ r: 0, s: '60' })],
    ['has no savings', withFacts({ r: 0 })],
    ['has a type that is null', withFacts(null)],
    ['has a type that is a number', withFacts(0)],
    ['has a type that is a list', withFacts([0, 60])],
    ['has a name that is no type', withLinux({ ...LINUX, m5: { r: 0, s: 60 } })],
    ['has a name that is a path', withLinux({ ...LINUX, '../../add?m5.large': { r: 4, s: 60 } })],
  ])('it %s', async (_, body) => {
    const { name, code, message } = await failWith(body);
    expect({ name, code }).toEqual({ name: 'FeedError', code: 'FEED_MALFORMED' });
    expect(message).toMatch(/^The Spot Advisor feed .* so nothing was changed\. .*SPOT_ADVISOR_URL/);
    // Whoever serves it may put anything there.
    expect(message).not.toMatch(/guest|html|beta|often|add\?/i);
  });
});

describe('what the feed does not have is an error that lists what there is', () => {
  const feed = {
    ...GOOD,
    spot_advisor: {
      'us-east-1': { Windows: LINUX, Linux: LINUX },
      'eu-west-1': { Linux: LINUX },
      'ap-south-1': {},
      'sa-east-1': null,
      'il-central-1': [],
    },
  };

  it.each(['us-gov-west-1', 'cn-north-1', 'constructor', 'tostring'])('region %s', async (region) => {
    const { name, code, message } = await failWith(feed, { region });
    expect({ name, code }).toEqual({ name: 'FeedError', code: 'UNKNOWN_REGION' });
    for (const known of ['us-east-1', 'eu-west-1']) expect(message).toContain(known);
    expect(message).toContain(region);
    expect(message).toContain('REGION');
  });

  it.each(['macOS', 'RHEL', 'Linux/UNIX', 'constructor', 'toString', '__proto__'])('OS %s', async (os) => {
    const { name, code, message } = await failWith(feed, { os });
    expect({ name, code }).toEqual({ name: 'FeedError', code: 'UNKNOWN_OS' });
    expect(message).toMatch(/Set OS to one of: Linux, Windows/);
    expect(message).toContain(os);
  });

  it('an OS that this region does not have, though another has it', async () => {
    const clusterBefore = deployment.sandbox.castai.clusters;
    const { code, message } = await failWith(feed, { region: 'eu-west-1', os: 'Windows' });
    expect(code).toBe('UNKNOWN_OS');
    expect(message).toMatch(/eu-west-1.*Windows.*one of: Linux\./);
    expect(deployment.sandbox.castai.clusters).toBe(clusterBefore);
  });

  it.each(['sa-east-1', 'il-central-1'])(
    'region %s, which is there but unreadable, is not offered',
    async (region) => {
      const { name, message } = await failWith(feed, { region });
      expect(name).toBe('FeedError');
      expect(message).not.toMatch(new RegExp(`one of:.*${region}`));
    },
  );

  it('a region without any OS', async () => {
    const { name, message } = await failWith(feed, { region: 'ap-south-1' });
    expect(name).toBe('FeedError');
    expect(message).toContain('ap-south-1');
  });
});

describe('a feed that is written otherwise is the same feed', () => {
  const ADDED = { add: 1, keep: 0, covered: 0, spare: 0, lapse: 0, renew: 0, release: 0, remove: 0 };
  const plan = async (body: object, payload: object = {}) => {
    deployment.sandbox.feed.replace(body);
    const { clusters, policy, target } = await deployment.succeed({ dryRun: true, ...payload });
    return { actions: clusters[0]?.actions, decisions: clusters[0]?.decisions, policy, target };
  };

  it.each(['Linux', 'linux', 'LINUX', ' lInUx '])('for the OS %j', async (os) => {
    const { actions, target } = await plan(GOOD, { os });
    expect(actions).toEqual(ADDED);
    expect(target.os).toBe('Linux');
  });

  it('with its ranges in any order', async () => {
    const { actions, policy } = await plan({ ...GOOD, ranges: RANGES.toReversed() });
    expect(actions).toEqual(ADDED);
    expect(policy?.blacklistedBands).toEqual(['>20%']);
  });

  it('with its ranges under other indexes', async () => {
    const other = {
      ranges: RANGES.map((range) => ({ ...range, index: 40 - range.index * 10 })),
      spot_advisor: {
        'us-east-1': { Linux: { 'm5.large': { r: 0, s: 60 }, 'm5.xlarge': { r: 40, s: 60 } } },
      },
    };
    const { actions, decisions } = await plan(other, { interruptionThreshold: 10 });
    expect(actions).toEqual(ADDED);
    expect(decisions).toMatchObject([{ instanceType: 'm5.large', band: '>20%', action: 'add' }]);
  });

  it('with another `max`, which is not compared', async () => {
    const feed = smallFeed({ 'm5.large': 1, 'm5.xlarge': 2 });
    const ranges = RANGES.map((range) => ({ ...range, max: 100 }));
    const { decisions } = await plan({ ...feed, ranges }, { interruptionThreshold: 10 });
    expect(decisions).toMatchObject([{ instanceType: 'm5.xlarge' }]);
  });

  it('with fields that are not known', async () => {
    const facts = { r: 4, s: 60, t: { x: [1] } };
    expect(
      (await plan({ ...withLinux({ 'm5.large': facts, 'c5.large': { r: 0, s: 1 } }), v: 2 })).actions,
    ).toEqual(ADDED);
  });

  it('with savings of 0 and below', async () => {
    const feed = withLinux({ 'm5.large': { r: 4, s: 0 }, 'm5.xlarge': { r: 4, s: -62 } });
    expect((await plan(feed)).decisions).toMatchObject([{ savings: -62 }, { savings: 0 }]);
  });

  it('with something unreadable in a region or for an OS that is not asked for', async () => {
    const rubbish = { 'm5.large': { r: 9 }, '?': 5 };
    const feed = {
      ...GOOD,
      spot_advisor: {
        'us-east-1': { Linux: LINUX, Windows: rubbish },
        'eu-west-1': { Linux: rubbish },
        x: 5,
      },
    };
    expect((await plan(feed)).actions).toEqual(ADDED);
  });
});

describe('a feed that cannot be had is an error, and nothing is written', () => {
  it.each([301, 302, 307, 308])('it is elsewhere (%i), and nobody goes there', async (status) => {
    let visits = 0;
    await using elsewhere = await serve((_, response) => {
      visits += 1;
      response.end(JSON.stringify(GOOD));
    });
    deployment.sandbox.faults.push({
      when: { route: 'feed' },
      fault: { kind: 'status', status, headers: { location: elsewhere.url }, body: JSON.stringify(GOOD) },
    });
    const { name, code, message } = await failWith(GOOD);
    expect({ name, code }).toEqual({ name: 'FeedError', code: 'FEED_UNREACHABLE' });
    expect(message).toContain(`(${status})`);
    expect(visits).toBe(0);
  });

  it.each([403, 404, 410])('it answers %i, which is not tried again', async (status) => {
    deployment.sandbox.faults.push({ when: { route: 'feed' }, fault: { kind: 'status', status } });
    const { name, code, message } = await failWith(GOOD);
    expect({ name, code }).toEqual({ name: 'FeedError', code: 'FEED_UNREACHABLE' });
    expect(message).toContain(`(${status})`);
    expect(message).toContain('SPOT_ADVISOR_URL');
    expect(deployment.sandbox.requests.filter(({ route }) => route === 'feed')).toHaveLength(1);
  });

  it('it is not modified since nobody asked (304)', async () => {
    deployment.sandbox.faults.push({
      when: { route: 'feed' },
      fault: { kind: 'status', status: 304, body: '' },
    });
    expect(await failWith(GOOD)).toMatchObject({ name: 'FeedError', code: 'FEED_UNREACHABLE' });
  });

  it('it is far too large', async () => {
    const { name, code, message } = await failWith(JSON.stringify(GOOD) + ' '.repeat(17 * 1024 * 1024));
    expect({ name, code }).toEqual({ name: 'FeedError', code: 'FEED_MALFORMED' });
    expect(message).toContain('is larger than 8 MB');
  });

  it('it is small on its way and far too large unpacked', async () => {
    const bomb = gzipSync(JSON.stringify(GOOD) + ' '.repeat(100 * 1024 * 1024), { level: 1 });
    await using server = await serve((_, response) => {
      response.setHeader('content-encoding', 'gzip').end(bomb);
    });
    await using bombed = await deploy({ environment: { SPOT_ADVISOR_URL: server.url } });
    const { name, code, message } = await bombed.fail();
    expect({ name, code }).toEqual({ name: 'FeedError', code: 'FEED_MALFORMED' });
    expect(message).toContain('is larger than 8 MB');
    expect(bombed.writes).toEqual([]);
  });
});

describe('a feed that is hard to have', () => {
  it('is had, packed or not', async () => {
    await using server = await serve((_, response) => {
      response.setHeader('content-encoding', 'gzip').end(gzipSync(JSON.stringify(GOOD)));
    });
    await using packed = await deploy({ environment: { ...NO_GUARD_RAILS, SPOT_ADVISOR_URL: server.url } });
    const { clusters } = await packed.succeed({ dryRun: true });
    expect(clusters[0]?.actions.add).toBe(1);
  });

  it.each([
    ['resets the connection', { kind: 'reset' }],
    ['is cut off', { kind: 'truncate' }],
    ['answers 503', { kind: 'status', status: 503 }],
    ['answers 429', { kind: 'status', status: 429, headers: { 'retry-after': '0' } }],
  ] as const)('is asked again when it %s', async (_, fault) => {
    deployment.sandbox.feed.replace(GOOD);
    deployment.sandbox.faults.clear();
    deployment.sandbox.requests.length = 0;
    deployment.sandbox.faults.push({ when: { route: 'feed' }, times: 1, fault });
    const { clusters } = await deployment.succeed({ dryRun: true });
    expect(clusters[0]?.actions.add).toBe(1);
    expect(deployment.sandbox.requests.filter(({ route }) => route === 'feed')).toHaveLength(2);
  });

  it('is never shown the API key', async () => {
    deployment.sandbox.feed.replace(GOOD);
    await deployment.succeed({ dryRun: true });
    const { apiKey } = deployment.sandbox.castai;
    const asked = deployment.sandbox.requests.filter(({ route }) => route === 'feed' || route === 'secret');
    expect(asked.length).toBeGreaterThan(0);
    for (const request of asked) expect(JSON.stringify(request)).not.toContain(apiKey);
  });
});

describe('the feed of February 2026, Linux', () => {
  const TABLE: [string, number, [number, number][]][] = [
    [
      'us-east-1',
      1088,
      [
        [5, 883],
        [10, 686],
        [15, 565],
        [20, 449],
      ],
    ],
    [
      'eu-west-1',
      831,
      [
        [5, 453],
        [10, 285],
        [15, 217],
        [20, 168],
      ],
    ],
    [
      'ap-northeast-1',
      921,
      [
        [5, 533],
        [10, 344],
        [15, 228],
        [20, 166],
      ],
    ],
  ];

  it.each(TABLE)('in %s, of %i types, has as many risky ones as is known', async (region, types, risky) => {
    await using real = await deploy({ sandbox: { region }, environment: NO_GUARD_RAILS });
    for (const [interruptionThreshold, count] of risky) {
      const { feed, clusters } = await real.succeed({ dryRun: true, interruptionThreshold });
      expect(feed?.types).toBe(types);
      expect(clusters[0]?.actions, `threshold ${interruptionThreshold}`).toMatchObject({
        add: count,
        spare: 0,
      });
    }
  });

  it.each([
    [0, ['<5%', '5-10%', '10-15%', '15-20%', '>20%']],
    [4.9, ['<5%', '5-10%', '10-15%', '15-20%', '>20%']],
    [5, ['5-10%', '10-15%', '15-20%', '>20%']],
    [9.99, ['5-10%', '10-15%', '15-20%', '>20%']],
    [10, ['10-15%', '15-20%', '>20%']],
    [11, ['10-15%', '15-20%', '>20%']],
    [12, ['10-15%', '15-20%', '>20%']],
    [15, ['15-20%', '>20%']],
    [16, ['15-20%', '>20%']],
    [20, ['>20%']],
    [22, ['>20%']],
    [99.9, ['>20%']],
  ])('blacklists, at threshold %d, the bands %j, and says so', async (interruptionThreshold, bands) => {
    const types = Object.fromEntries(RANGES.map(({ index }) => [`m${index}.large`, index]));
    deployment.sandbox.feed.replace(smallFeed(types));
    const { policy, clusters } = await deployment.succeed({ dryRun: true, interruptionThreshold });
    expect(policy?.blacklistedBands).toEqual(bands);
    expect(clusters[0]?.decisions.map(({ band }) => band)).toEqual(bands.toReversed());
  });
});

async function failWith(body: string | object, payload?: object) {
  const { sandbox } = deployment;
  sandbox.requests.length = 0;
  sandbox.feed.replace(body);
  try {
    return await deployment.fail(payload && { dryRun: true, ...payload });
  } finally {
    sandbox.faults.clear();
    expect(deployment.writes).toEqual([]);
    expect(sandbox.castai.entries).toEqual([]);
  }
}

/** A web server of the test's own. */
async function serve(respond: Parameters<typeof createServer>[1]) {
  const server = createServer(respond as never);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/feed.json`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

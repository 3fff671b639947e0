// The facts about a cluster besides its blacklist: a run uses them, and completes without them.
import { channel } from 'node:diagnostics_channel';
import { describe, expect, it } from 'vitest';
import { makeCluster } from '../../../cli/demo/sandbox/castai/castai.ts';
import { makeNode, makeTemplate } from '../../../cli/demo/sandbox/castai/inventory.ts';
import type { Fault } from '../../sandbox/http/faults.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { smallFeed } from '../../support/deployment.ts';
import { FLEET, type RunHere, runHere, writesSeenBy } from '../../support/run-here.ts';

const FACTS = ['templates', 'nodes', 'policies'] as const;
const FEED = smallFeed({
  ...Object.fromEntries(['m5.large', 'm5.xlarge', 'g5.xlarge', 'g5.2xlarge'].map((type) => [type, 4])),
  ...{ 'c5.large': 0, 'c5.xlarge': 0 },
});
const LOOSE = {
  minTypesPerArchitecture: 0,
  minFamiliesPerArchitecture: 0,
  minTypesPerTemplate: 1,
  maxBlacklistShare: 1,
};

/** This test is about responses that no published type allows: test/contract/recorder.ts does not check them. */
const answerUnpublished = () => channel('spot-blacklist:unpublished').publish({});

/** The cluster as CAST AI describes it, but for these facts. */
const described =
  (facts: object) =>
  ({ castai }: Sandbox) => {
    castai.clusters = castai.clusters.map((one) => ({ ...one, ...facts }));
  };

async function runOn(arrange: (sandbox: Sandbox) => void, options: RunHere = {}) {
  await using sandbox = await startSandbox();
  sandbox.feed.replace(FEED);
  arrange(sandbox);
  const settings = { ...LOOSE, ...options.settings };
  const outcome = await runHere(sandbox, { ...options, settings }).catch((error) => ({
    result: null,
    error,
  }));
  const [cluster] = outcome.result?.clusters ?? [];
  const writes = writesSeenBy(sandbox).length;
  return { ...outcome, cluster, writes, requests: [...sandbox.requests] };
}

describe('what a run reads of a cluster', () => {
  it('is in the result: its nodes, and the types available to its templates', async () => {
    const { error, cluster } = await runOn(({ castai: { inventory } }) => {
      inventory.templates = [
        makeTemplate('gpu', { instanceFamilies: { include: ['g5'] } }),
        makeTemplate('any'),
      ];
      inventory.nodes = [
        ...Array.from({ length: 3 }, () => makeNode('m5.large')),
        makeNode('c5.large'),
        makeNode('x99.large'),
        makeNode('m5.large', 'on_demand'),
      ];
    });
    expect(error).toBeNull();
    expect(cluster?.nodes).toEqual({ spot: 5, onBlacklisted: 3 });
    expect(cluster?.templates).toMatchObject([
      { name: 'gpu', allowed: 2, available: 1, spared: 1, floor: 1 },
      // A template that does not ask for GPUs is assumed to buy none.
      { name: 'any', allowed: 4, available: 2, floor: 1 },
    ]);
    expect(cluster?.decisions.find(({ instanceType }) => instanceType === 'm5.large')).toMatchObject({
      action: 'add',
      nodes: 3,
    });
  });

  it('releases what a new template needs in the first run that sees it, and nothing else', async () => {
    await using sandbox = await startSandbox();
    sandbox.feed.replace(FEED);
    const { castai, requests } = sandbox;
    expect((await runHere(sandbox, { settings: LOOSE })).error).toBeNull();
    expect(castai.entries).toHaveLength(4);
    castai.inventory.templates = [makeTemplate('gpu', { instanceFamilies: { include: ['g5'] } })];
    requests.length = 0;
    const { result, error } = await runHere(sandbox, { settings: LOOSE });
    expect(error).toBeNull();
    const [cluster] = result.clusters;
    expect(cluster).toMatchObject({
      actions: { keep: 3, release: 1, spare: 0 },
      outcome: { succeeded: 1, verified: 1 },
      shortfalls: 0,
      templates: [{ name: 'gpu', allowed: 2, available: 1, spared: 1, floor: 1 }],
    });
    const released = cluster?.decisions.find(({ action }) => action === 'release');
    expect(released).toMatchObject({ urgent: true, expiresAt: null, outcome: 'succeeded' });
    expect(released?.reason).toMatch(/, but kept available for the template gpu, which allows 2 types$/);
    const listed = castai.liveEntries().map(({ instanceType }) => instanceType);
    expect(listed).toHaveLength(3);
    expect(listed).not.toContain(released?.instanceType);

    const again = await runHere(sandbox, { settings: LOOSE });
    expect(again.result.clusters[0]?.actions).toMatchObject({ keep: 3, release: 0, spare: 1 });
    expect(writesSeenBy(sandbox)).toHaveLength(1);
  });

  it.each<[string, (sandbox: Sandbox) => void, string]>([
    [
      'the autoscaler is off',
      ({ castai: { inventory } }) => {
        inventory.policies = { enabled: false };
      },
      "CAST AI's autoscaler is switched off",
    ],
    [
      'the autoscaler was switched off in the console',
      ({ castai: { inventory } }) => {
        inventory.policies = { ...inventory.policies, unschedulablePods: { enabled: false } };
      },
      "CAST AI's autoscaler is switched off",
    ],
    [
      'Spot is switched off',
      ({ castai: { inventory } }) => {
        inventory.policies = { ...inventory.policies, spotInstances: { enabled: false } };
      },
      "CAST AI's policies do not allow Spot",
    ],
    [
      'the autoscaler considers only what is marked for it',
      ({ castai: { inventory } }) => {
        inventory.policies = { ...inventory.policies, isScopedMode: true };
      },
      'is in scoped mode',
    ],
    [
      'Karpenter is installed',
      described({ attributes: { karpenter: { version: '1.6.0' } } }),
      'Karpenter is',
    ],
    [
      'Karpenter is installed in a version that is not known',
      described({ attributes: { karpenter: { version: null, kentEligibility: 'NOT_SUPPORTED' } } }),
      'Karpenter is installed in this cluster',
    ],
    ['CAST AI only reads it', described({ isPhase2: false }), 'CAST AI only reads this cluster'],
    ['its autoscaler does not work', described({ status: 'Warning' }), 'reports the status warning'],
    ...[
      ['isPhase2', { isPhase2: 'no' }],
      ['status', { status: 7 }],
      ['attributes.karpenter', { attributes: ['karpenter'] }],
      ['attributes.karpenter', { attributes: { karpenter: true } }],
      ['attributes.karpenter', { attributes: { karpenter: [] } }],
    ].map(([name, facts]): [string, (sandbox: Sandbox) => void, string] => [
      `${JSON.stringify(facts)} is not as published`,
      described(facts as object),
      `in an unknown form (${name})`,
    ]),
    [
      'a policy is not as published',
      ({ castai: { inventory } }) => {
        inventory.policies = { ...inventory.policies, spotInstances: { enabled: 'no' } };
      },
      'could not be read (spotInstances.enabled is missing or unreadable)',
    ],
    [
      'no template may buy Spot',
      ({ castai: { inventory } }) => {
        inventory.templates = [
          makeTemplate('system', { spot: false }),
          makeTemplate('off', {}, { isEnabled: false }),
        ];
      },
      'No enabled node template of this cluster may buy Spot',
    ],
    [
      'a constraint is not understood',
      ({ castai: { inventory } }) => {
        inventory.templates = [makeTemplate('gpu', { minCpu: -1 })];
      },
      'constraints are ignored: gpu (minCpu).',
    ],
    [
      'a node has no type',
      ({ castai: { inventory } }) => {
        inventory.nodes = [makeNode(''), makeNode('m5.large')];
      },
      'instance type cannot be read are not counted: 1.',
    ],
  ])('causes one warning if %s', async (name, arrange, words) => {
    if (name.endsWith('not as published')) answerUnpublished();
    const { error, cluster } = await runOn(arrange);
    expect(error).toBeNull();
    expect(cluster?.warnings.filter((warning) => warning.includes(words))).toHaveLength(1);
  });

  it('causes no warning if nothing is unusual, or fields are absent', async () => {
    answerUnpublished();
    for (const facts of [{}, { attributes: { karpenter: null }, isPhase2: null }, { attributes: null }]) {
      const { cluster } = await runOn(described({ ...facts, karpenter: { enabled: true } }));
      expect(cluster?.warnings).toEqual([]);
    }
  });

  it('causes warnings for each cluster of a fleet, and does not stop the others', async () => {
    const { error, result } = await runOn(
      ({ castai }) => {
        const { organizationId } = castai;
        castai.clusters = [
          makeCluster('us-east-1', { organizationId, name: 'a', isPhase2: false }),
          makeCluster('us-east-1', { organizationId, name: 'b' }),
        ];
      },
      { secret: FLEET },
    );
    expect(error).toBeNull();
    expect(result?.clusters).toMatchObject([
      { status: 'completed', warnings: [expect.stringContaining('only reads')] },
      { status: 'completed', warnings: [] },
    ]);
  });

  it('is requested once, in parallel with the list', async () => {
    const { requests } = await runOn(({ faults }) => {
      for (const route of ['list', ...FACTS] as const)
        faults.push({
          when: { route, matching: ({ query }) => route !== 'list' || 'clusterId' in query },
          times: 1,
          fault: { kind: 'latency', ms: 500 },
        });
    });
    const asked = requests.filter(({ route }) => FACTS.some((one) => one === route));
    expect(asked.map(({ route }) => route).sort()).toEqual(['nodes', 'policies', 'templates']);
    const list = requests.find(({ route, query }) => route === 'list' && 'clusterId' in query);
    // Each arrived before the response to the list.
    for (const { receivedAt } of asked) expect(receivedAt).toBeLessThan(list?.answeredAt ?? 0);
  });

  it('is not requested by clear', async () => {
    const { error, requests } = await runOn(() => {}, { payload: { operation: 'clear' } });
    expect(error).toBeNull();
    expect(requests.some(({ route }) => FACTS.some((one) => one === route))).toBe(false);
  });
});

const UNKNOWN = {
  templates: 'so nothing new is added',
  nodes: 'so it is not known how many Spot nodes there are',
  policies: 'so it is not known whether the autoscaler is on',
} as const;

const REFUSALS: [string, Fault][] = [
  ['403', { kind: 'status', status: 403 }],
  ['404', { kind: 'status', status: 404 }],
];
const FAILURES: [string, Fault][] = [
  ['500', { kind: 'status', status: 500 }],
  ['503', { kind: 'status', status: 503 }],
  ['400', { kind: 'status', status: 400 }],
  ['302', { kind: 'status', status: 302, headers: { location: 'https://example.com' } }],
  ['429 for a day', { kind: 'status', status: 429, headers: { 'retry-after': '86400' } }],
  ['a reset connection', { kind: 'reset' }],
  ['half an answer', { kind: 'truncate' }],
  ['junk', { kind: 'body', body: '{"items":[7]}', contentType: 'application/json' }],
  ['HTML', { kind: 'body', body: '<html>' }],
  ['nothing', { kind: 'body', body: '' }],
  ['a list that goes on', { kind: 'body', body: '{"items":[],"hasMore":true,"enabled":"?"}' }],
];

describe('a failed read of nodes or policies causes a warning with its consequence, and the run completes', () => {
  const OPTIONAL = ['nodes', 'policies'] as const;

  it.each([...REFUSALS, ...FAILURES])('%s', async (_, fault) => {
    const { error, cluster, writes } = await runOn((sandbox) => {
      for (const route of OPTIONAL) sandbox.faults.push({ when: { route }, fault });
    });
    expect(error).toBeNull();
    expect(cluster).toMatchObject({ status: 'completed', nodes: null });
    for (const route of OPTIONAL)
      expect(cluster?.warnings.filter((warning) => warning.includes(UNKNOWN[route]))).toHaveLength(1);
    expect(writes).toBe(4);
  });

  it('no response for a fleet, whose templates are read first', async () => {
    const { error, result } = await runOn(
      ({ castai, faults: rules }) => {
        const { organizationId } = castai;
        for (let more = 0; more < 30; more += 1)
          castai.clusters.push(makeCluster('us-east-1', { organizationId, name: `more-${more}` }));
        for (const route of OPTIONAL) rules.push({ when: { route }, fault: { kind: 'hang' } });
      },
      { secret: FLEET, timeout: 20_000 },
    );
    expect(error).toBeNull();
    expect(result?.clusters.every(({ status }) => status === 'completed')).toBe(true);
    expect(result?.clusters[0]?.warnings.join()).toContain('could not be read (time ran out)');
  });

  it('unless the key is rejected, which stops the run', async () => {
    const { error, writes } = await runOn(({ faults: rules }) =>
      rules.push({ when: { route: 'nodes' }, fault: { kind: 'status', status: 401 } }),
    );
    expect(error).toMatchObject({ code: 'KEY_REJECTED' });
    expect(writes).toBe(0);
  });
});

// What a run knows of a cluster beside its blacklist: it uses it, and gets by without it.
import { describe, expect, it } from 'vitest';
import { makeCluster } from '../../../cli/sandbox/castai/castai-state.ts';
import { makeNode, makeTemplate } from '../../../cli/sandbox/castai/inventory-state.ts';
import type { Fault } from '../../../cli/sandbox/http/faults.ts';
import { type Sandbox, startSandbox } from '../../../cli/sandbox/sandbox.ts';
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
      // One that asks for no GPU is taken to buy none.
      { name: 'any', allowed: 4, available: 2, floor: 1 },
    ]);
    expect(cluster?.decisions.find(({ instanceType }) => instanceType === 'm5.large')).toMatchObject({
      action: 'add',
      nodes: 3,
    });
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
      'Karpenter provisions it',
      ({ castai }) => {
        castai.clusters = castai.clusters.map((one) => ({ ...one, karpenter: { enabled: true } }));
      },
      'Karpenter provisions this cluster',
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
      'constrains nothing: gpu (minCpu).',
    ],
    [
      'a node has no type',
      ({ castai: { inventory } }) => {
        inventory.nodes = [makeNode(''), makeNode('m5.large')];
      },
      'instance type cannot be read are not counted: 1.',
    ],
  ])('causes one warning if %s', async (_, arrange, words) => {
    const { error, cluster } = await runOn(arrange);
    expect(error).toBeNull();
    expect(cluster?.warnings.filter((warning) => warning.includes(words))).toHaveLength(1);
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
    // Each came before the list was answered.
    for (const { receivedAt } of asked) expect(receivedAt).toBeLessThan(list?.answeredAt ?? 0);
  });

  it('is not requested by clear', async () => {
    const { error, requests } = await runOn(() => {}, { payload: { operation: 'clear' } });
    expect(error).toBeNull();
    expect(requests.some(({ route }) => FACTS.some((one) => one === route))).toBe(false);
  });
});

const UNKNOWN = {
  templates: 'so the floor of each template is not held',
  nodes: 'so it is not known how many Spot nodes there are',
  policies: 'so it is not known whether the autoscaler is on',
} as const;

describe('a failed read causes a warning with its consequence, and the run continues', () => {
  const faults: [string, Fault][] = [
    ['403', { kind: 'status', status: 403 }],
    ['404', { kind: 'status', status: 404 }],
    ['429 for a day', { kind: 'status', status: 429, headers: { 'retry-after': '86400' } }],
    ['junk', { kind: 'body', body: '{"items":[7]}', contentType: 'application/json' }],
    ['HTML', { kind: 'body', body: '<html>' }],
    ['a list that goes on', { kind: 'body', body: '{"items":[],"hasMore":true,"enabled":"?"}' }],
  ];
  it.each(faults)('%s', async (_, fault) => {
    const { error, cluster, writes } = await runOn((sandbox) => {
      for (const route of FACTS) sandbox.faults.push({ when: { route }, fault });
    });
    expect(error).toBeNull();
    expect(cluster).toMatchObject({ status: 'completed', templates: null, nodes: null });
    for (const route of FACTS)
      expect(cluster?.warnings.filter((warning) => warning.includes(UNKNOWN[route]))).toHaveLength(1);
    expect(writes).toBe(4);
  });

  it('no response within the time that the lists leave', async () => {
    const { error, cluster } = await runOn(
      ({ faults: rules }) => {
        for (const route of FACTS) rules.push({ when: { route }, fault: { kind: 'hang' } });
      },
      { timeout: 10_000 },
    );
    expect(error).toBeNull();
    expect(cluster?.warnings.join()).toContain('could not be read (time ran out)');
  });

  it('no response for a fleet, while all clusters are written', async () => {
    const { error, result } = await runOn(
      ({ castai, faults: rules }) => {
        const { organizationId } = castai;
        for (let more = 0; more < 30; more += 1)
          castai.clusters.push(makeCluster('us-east-1', { organizationId, name: `more-${more}` }));
        for (const route of FACTS) rules.push({ when: { route }, fault: { kind: 'hang' } });
      },
      { secret: FLEET, timeout: 20_000 },
    );
    expect(error).toBeNull();
    expect(result?.clusters.every(({ status }) => status === 'completed')).toBe(true);
  });

  it('unless the key is rejected, which stops the run', async () => {
    const { error, writes } = await runOn(({ faults: rules }) =>
      rules.push({ when: { route: 'nodes' }, fault: { kind: 'status', status: 401 } }),
    );
    expect(error).toMatchObject({ code: 'KEY_REJECTED' });
    expect(writes).toBe(0);
  });
});

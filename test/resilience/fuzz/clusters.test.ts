// CAST AI's clusters, malformed in every way: only the selected ones are ever written to.

import fc from 'fast-check';
import { beforeAll, expect, it } from 'vitest';
import { makeCluster } from '../../../cli/demo/sandbox/castai/castai.ts';
import { parseJson } from '../../../cli/demo/sandbox/http/exchange.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { HOUR, riskyFeed } from '../../support/deployment.ts';
import { FLEET } from '../../support/run-here.ts';
import { asGiven, fuzzRun, isObject, iso, MARKER, NOW, startFuzzSandbox } from './fuzz-run.ts';
import { type Json, textOf } from './malformed.ts';

const FEED = riskyFeed(['m5.large', 'c5.large']);
const PAYLOADS = [
  { operation: 'apply' },
  { operation: 'apply', region: 'us-east-1' },
  { operation: 'clear' },
  { operation: 'clear', region: 'us-east-1' },
  { operation: 'apply', clusters: ['SANDBOX-*'] },
  { operation: 'clear', exceptClusters: ['an*', 'b'] },
];
interface Payload {
  readonly operation: string;
  readonly region?: string;
  readonly clusters?: readonly string[];
  readonly exceptClusters?: readonly string[];
}

/** States in which a cluster cannot be managed; a failing one can still be cleared. */
const UNWORKABLE: unknown[] = ['connecting', 'deleting', 'deleted', 'archived', 'failed'];
const UNCLEARABLE: unknown[] = ['deleting', 'deleted', 'archived'];

function valuesFor({ castai: { organizationId, clusters } }: Sandbox) {
  const [id = '', second = ''] = clusters.map((cluster) => cluster.id);
  return {
    id: [id, id.toUpperCase(), second, `${id} `, id.slice(1), '', null, 7],
    name: ['another', '', null, 7],
    organizationId: [organizationId, organizationId.toUpperCase(), 'another', '', null, [organizationId]],
    providerType: ['eks', 'gke', 'EKS', 'eks ', '', null],
    status: [
      'ready',
      'connecting',
      'DELETED',
      'Archived',
      'deleting',
      'deleted',
      'archived',
      'failed',
      'warning',
      '',
      null,
    ],
    deletedAt: [null, '', iso(NOW), '0001-01-01T00:00:00Z', true],
    region: [{ name: 'us-east-1' }, { name: 'eu-west-1' }, { name: null }, {}, 'us-east-1', null],
    'region.name': ['us-east-1', 'eu-west-1', 'US-EAST-1', '', null],
  };
}

/** Whether the documents let a run write to a cluster as it was answered. */
function fits(cluster: unknown, organizationId: string, payload: Payload): boolean {
  if (!isReadable(cluster) || !isSelected(cluster['name'], payload)) return false;
  const { operation, region } = payload;
  const place = isObject(cluster['region']) ? cluster['region']['name'] : null;
  return (
    isSame(cluster['organizationId'], organizationId) &&
    inSmallLetters(cluster['providerType']) === 'eks' &&
    // Go writes a time that is not set as the year 1.
    (!cluster['deletedAt'] || cluster['deletedAt'] === '0001-01-01T00:00:00Z') &&
    // A status that is no text says nothing, as one that is left out.
    !(operation === 'clear' ? UNCLEARABLE : UNWORKABLE).includes(inSmallLetters(cluster['status'])) &&
    // Without REGION it is the cluster's own that has to be in the feed, unless to clear, which needs no feed.
    (inSmallLetters(place) === 'us-east-1' || (region === undefined && operation === 'clear'))
  );
}

/** By the two selections above. A cluster without a name is in neither. */
function isSelected(name: unknown, { clusters, exceptClusters }: Payload): boolean {
  if (clusters === undefined && exceptClusters === undefined) return true;
  if (typeof name !== 'string' || name === '') return false;
  return clusters === undefined ? !/^(an.*|b)$/i.test(name) : /^sandbox-/i.test(name);
}

function inSmallLetters(value: unknown): unknown {
  return typeof value === 'string' ? value.toLowerCase() : value;
}

function isReadable(cluster: unknown): cluster is Record<string, unknown> & { id: string } {
  return isObject(cluster) && typeof cluster['id'] === 'string' && cluster['id'] !== '';
}

function isSame(id: unknown, wanted: string): boolean {
  return typeof id === 'string' && id.toLowerCase() === wanted.toLowerCase();
}

/** Puts one own entry into every cluster, for `clear` to find. */
function reset({ castai, faults }: Sandbox): void {
  faults.clear();
  castai.entries = [];
  for (const { id } of castai.clusters) {
    const facts = { instanceType: 'r5.large', reason: `${MARKER}x`, expiresAt: iso(NOW + HOUR) };
    castai.seed({ ...facts, clusterId: id, lifecycle: 'spot' });
  }
}

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startFuzzSandbox();
  sandbox.feed.replace(FEED);
  const { organizationId, clusters } = sandbox.castai;
  sandbox.castai.clusters = [
    ...clusters,
    makeCluster('us-east-1', { organizationId, status: 'warning' }),
    makeCluster('eu-west-1', { organizationId }),
    makeCluster('us-east-1', { organizationId, providerType: 'gke' }),
    makeCluster('us-east-1', { organizationId: 'another' }),
    makeCluster('us-east-1', { organizationId, status: 'deleting' }),
    makeCluster('us-east-1', { organizationId, deletedAt: iso(NOW - HOUR) }),
  ];
  return () => sandbox.close();
});

it('for any response, only the secret’s cluster is written to', async () => {
  const { organizationId, clusters } = sandbox.castai;
  const own = clusters[0]?.id ?? '';
  const answers = fc.constantFrom(...clusters.slice(0, 1)) as unknown as fc.Arbitrary<Json>;
  await fc.assert(
    fc.asyncProperty(
      textOf(answers, valuesFor(sandbox)),
      fc.constantFrom(...PAYLOADS),
      async (body, payload) => {
        reset(sandbox);
        sandbox.faults.push({ when: { route: 'cluster' }, fault: { kind: 'body', body } });
        const { error, clusterIds } = await fuzzRun(sandbox, asGiven(payload));
        const cluster = parseJson(body);
        if (!isReadable(cluster)) expect(error).toMatchObject({ code: 'CASTAI_MALFORMED' });
        const isOwn = isReadable(cluster) && isSame(cluster.id, own);
        if (!isOwn || !fits(cluster, organizationId, payload)) {
          expect(error).not.toBeNull();
          expect([...clusterIds]).toEqual([]);
          return;
        }
        // The sandbox knows the cluster by its id in lower case only.
        if (cluster.id !== own) return;
        expect(error).toBeNull();
        expect([...clusterIds]).toEqual([own]);
      },
    ),
    { numRuns: 400 },
  );
});

it('for any fleet, only manageable clusters are written to, and none if one is malformed', async () => {
  const { organizationId, clusters } = sandbox.castai;
  const known = new Set(clusters.map(({ id }) => id));
  const lists = fc.record({ items: fc.shuffledSubarray(clusters, { minLength: 1 }) });
  await fc.assert(
    fc.asyncProperty(
      textOf(lists as unknown as fc.Arbitrary<Json>, valuesFor(sandbox)),
      fc.constantFrom(...PAYLOADS),
      async (body, payload) => {
        reset(sandbox);
        sandbox.faults.push({ when: { route: 'clusters' }, fault: { kind: 'body', body } });
        const { error, clusterIds } = await fuzzRun(sandbox, { ...asGiven(payload), secret: FLEET });
        const list = parseJson(body);
        const items: unknown[] = isObject(list) && Array.isArray(list['items']) ? list['items'] : [];
        if (!items.every(isReadable)) expect(error).toMatchObject({ code: 'CASTAI_MALFORMED' });
        const fitting = items.every(isReadable)
          ? items.filter((cluster) => fits(cluster, organizationId, payload)).map(({ id }) => id)
          : [];
        const lowerCase = fitting.map((id) => id.toLowerCase());
        for (const id of clusterIds) expect(lowerCase).toContain(id);
        for (const id of fitting) if (known.has(id)) expect(clusterIds).toContain(id);
        const isAllGood = items.length > 0 && items.length === fitting.length;
        if (isAllGood && fitting.every((id) => known.has(id))) expect(error).toBeNull();
      },
    ),
    { numRuns: 400 },
  );
});

import { describe, expect, it } from 'vitest';
import { RunIncompleteError } from '../../../lambda/domain/errors.ts';
import { runEvent } from '../../../lambda/report/event.ts';
import type { ClusterResult, DecisionResult, RunResult } from '../../../lambda/report/result.ts';
import { readDocument } from '../../support/documented-commands.ts';

const FACTS = {
  operation: 'apply',
  startedAt: '2026-02-14T12:00:00.000Z',
  target: { name: 'default', region: 'us-east-1', os: 'Linux' },
} as const;

/** What EventBridge takes. */
const LIMIT = 256 * 1024;

type Decided = Pick<DecisionResult, 'instanceType' | 'action'> & Partial<Pick<DecisionResult, 'outcome'>>;

function cluster(decided: readonly Decided[], more: Partial<ClusterResult> = {}): ClusterResult {
  const decisions = decided.map((one) => ({
    ...{ band: '>20%', savings: 50, reason: 'why', expiresAt: null },
    ...one,
  }));
  return {
    clusterId: '0a9b8c7d-1111-4222-8333-444455556666',
    clusterName: 'production',
    organizationId: '3f1c2b4a-1111-4222-8333-444455556666',
    region: 'us-east-1',
    status: 'completed',
    problem: null,
    actions: { add: 0, renew: 0, keep: 0, covered: 0, spare: 0, lapse: 0, release: 0, remove: 0 },
    outcome: { succeeded: 1, failed: 2, deferred: 3, postponed: 4, verified: 1, uncovered: 3 },
    available: {},
    unavailable: [],
    templates: null,
    sizes: [],
    nodes: null,
    shortfalls: 0,
    warnings: ['one'],
    decisions,
    ...more,
  };
}

function resultOf(clusters: readonly ClusterResult[]): RunResult {
  return {
    ...{ ...FACTS, status: 'completed', dryRun: false, policy: null, feed: null, evidence: null },
    ...{ regions: {}, machines: {} },
    ...{ warnings: ['two', 'three'], clusters },
  };
}

const bytesOf = ({ source, detailType, detail }: ReturnType<typeof runEvent>) =>
  Buffer.byteLength(source + detailType + JSON.stringify(detail));

const types = (count: number) => Array.from({ length: count }, (_, index) => `m${index}.large`);

describe("a run's event", () => {
  it('names the types that were added and removed, and those that are spared, and counts the rest', () => {
    const result = resultOf([
      cluster([
        { instanceType: 'm1.large', action: 'add', outcome: 'succeeded' },
        { instanceType: 'm2.large', action: 'add', outcome: 'failed' },
        { instanceType: 'm3.large', action: 'renew', outcome: 'succeeded' },
        { instanceType: 'm4.large', action: 'keep' },
        { instanceType: 'm5.large', action: 'spare' },
        { instanceType: 'm6.large', action: 'release', outcome: 'succeeded' },
        { instanceType: 'm7.large', action: 'remove', outcome: 'succeeded' },
        { instanceType: 'm8.large', action: 'release', outcome: 'deferred' },
      ]),
      cluster([{ instanceType: 'm1.large', action: 'lapse' }], { clusterName: 'calm' }),
    ]);
    expect(runEvent({ result, error: null }, FACTS)).toEqual({
      source: 'spot-blacklist',
      detailType: 'Run Completed',
      detail: {
        ...FACTS,
        status: 'completed',
        summary: 'Newly kept off Spot: m1.large. Released: m6.large, m7.large.',
        actions: { add: 2, renew: 1, keep: 1, covered: 0, spare: 1, lapse: 1, release: 2, remove: 1 },
        outcome: { succeeded: 2, failed: 4, deferred: 6, postponed: 8 },
        warnings: 4,
        error: null,
        clusters: [
          {
            clusterId: '0a9b8c7d-1111-4222-8333-444455556666',
            clusterName: 'production',
            region: 'us-east-1',
            status: 'completed',
            added: ['m1.large'],
            removed: ['m6.large', 'm7.large'],
            spared: ['m5.large'],
            typesOmitted: 0,
          },
          expect.objectContaining({ clusterName: 'calm', added: [], removed: [], spared: [] }),
        ],
        clustersOmitted: 0,
      },
    });
  });

  it('has the same keys if the run ended without a result', () => {
    const error = new RunIncompleteError('x'.repeat(5_000));
    const { detailType, detail } = runEvent({ result: null, error }, FACTS);
    expect(detailType).toBe('Run Failed');
    const { summary, ...more } = detail;
    expect(summary).toBe('It failed: RunIncompleteError (RUN_INCOMPLETE).');
    expect(Object.keys(more)).toEqual(
      Object.keys(runEvent({ result: resultOf([]), error: null }, FACTS).detail),
    );
    expect(detail).toMatchObject({ ...FACTS, status: 'failed', clusters: [], warnings: 0 });
    expect(detail.error).toMatchObject({ name: 'RunIncompleteError', code: 'RUN_INCOMPLETE' });
    expect(detail.error?.message).toHaveLength(1_000);
  });
});

describe("a run's summary, which rules filter by and insert into messages,", () => {
  const summaryOf = (clusters: readonly ClusterResult[]) =>
    runEvent({ result: resultOf(clusters), error: null }, FACTS).detail.summary;

  it('is absent if only expiries changed', () => {
    const idle = cluster([
      { instanceType: 'm1.large', action: 'keep' },
      { instanceType: 'm2.large', action: 'renew', outcome: 'succeeded' },
      { instanceType: 'm3.large', action: 'add', outcome: 'deferred' },
    ]);
    const { detail } = runEvent({ result: resultOf([idle]), error: null }, FACTS);
    expect(Object.keys(detail)).not.toContain('summary');
  });

  it('names ten types, each once, however many clusters have them', () => {
    const all = cluster(
      types(15).map((instanceType): Decided => ({ instanceType, action: 'add', outcome: 'succeeded' })),
    );
    expect(summaryOf([all, all])).toMatch(
      /^Newly kept off Spot: (m\d+\.large, ){9}m\d+\.large and 5 more\.$/,
    );
  });

  it('contains nothing that JSON escapes, whatever the clusters’ names', () => {
    const added: Decided = { instanceType: 'm1.large', action: 'add', outcome: 'succeeded' };
    const error = new RunIncompleteError('"quoted"\n\\');
    const result = resultOf([cluster([added], { clusterName: '"\n\\<x>' })]);
    const { summary } = runEvent({ result, error }, FACTS).detail;
    expect(JSON.stringify(summary)).toBe(`"${summary}"`);
  });
});

it('the documented example has the keys that an event has', () => {
  const examples = readDocument('docs/reference.md').split('```json\n');
  const example = examples.find((text) => text.includes('"detail": {')) ?? '';
  const { detail: documented } = JSON.parse(example.split('```')[0] ?? '');
  const error = new RunIncompleteError('why');
  const { detail } = runEvent({ result: resultOf([cluster([])]), error }, FACTS);
  const keysOf = ({ clusters: [first], ...more }: typeof detail) =>
    [first, more, more.target, more.actions, more.outcome].map((part) => Object.keys(part ?? {}));
  expect(keysOf(documented)).toEqual(keysOf(detail));
});

describe("a fleet's event stays within EventBridge's limit", () => {
  const added = types(449).map(
    (instanceType): Decided => ({
      ...{ instanceType, action: 'add', outcome: 'succeeded' },
    }),
  );
  // Two bytes each in UTF-8: bytes count, not characters.
  const clusterName = 'é'.repeat(128);

  it('by omitting and counting the types of clusters for which there is no room', () => {
    const fleet = Array.from({ length: 100 }, () => cluster(added, { clusterName }));
    const event = runEvent({ result: resultOf(fleet), error: null }, FACTS);
    expect(bytesOf(event)).toBeLessThan(LIMIT);
    expect(bytesOf(event)).toBeGreaterThan(LIMIT / 2);
    const { clusters, clustersOmitted } = event.detail;
    expect([clusters.length, clustersOmitted]).toEqual([100, 0]);
    expect(clusters[0]).toMatchObject({ added: types(449), typesOmitted: 0 });
    expect(clusters.at(-1)).toMatchObject({ added: [], typesOmitted: 449 });
    expect(event.detail.actions.add).toBe(44_900);
  });

  it('by omitting completed clusters if not even all names fit', () => {
    const fleet = Array.from({ length: 3_000 }, (_, index) =>
      cluster(added.slice(0, 1), { clusterName, status: index % 100 === 99 ? 'failed' : 'completed' }),
    );
    const event = runEvent({ result: resultOf(fleet), error: null }, FACTS);
    expect(bytesOf(event)).toBeLessThan(LIMIT);
    const { clusters, clustersOmitted } = event.detail;
    expect(clusters.filter(({ status }) => status === 'failed')).toHaveLength(30);
    expect(clusters.length + clustersOmitted).toBe(3_000);
    expect(clustersOmitted).toBeGreaterThan(1_000);
  });
});

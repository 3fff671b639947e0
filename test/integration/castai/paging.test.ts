// CAST AI documents no paging. A list that reports more items than it holds is not believed.
import { describe, expect, it } from 'vitest';
import type { SandboxRequest } from '../../../cli/demo/sandbox/http/exchange.ts';
import type { FaultRule } from '../../sandbox/http/faults.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { answering } from '../../support/cluster-reads.ts';
import { EIGHT_TYPES } from '../../support/deployment.ts';
import { FLEET, runSmall, startRisky, writesSeenBy } from '../../support/run-here.ts';

const TYPES = [...EIGHT_TYPES, 'm5ad.2xlarge'];

/** A by-hand entry that lies behind the first page, and own entries before it. */
function seedTwoPages({ castai }: Sandbox): void {
  for (let entry = 0; entry < 100; entry += 1) {
    const reason = 'spot-blacklist/default: >20%';
    castai.seed({ instanceType: `x${entry}.large`, lifecycle: 'spot', reason });
  }
  castai.seed({ instanceType: 'm5ad.2xlarge', lifecycle: 'spot', reason: 'by hand' });
}

describe('a truncated list', () => {
  it.each(['apply', 'clear'])('ends %s before the first write', async (operation) => {
    await using sandbox = await startRisky(TYPES);
    seedTwoPages(sandbox);
    const entries = structuredClone(sandbox.castai.entries);
    sandbox.faults.push(answering('list', { items: entries.slice(0, 100), nextCursor: 'abc' }));
    const outcome = await runSmall(sandbox, { payload: { operation } }).then(
      ({ error }) => error,
      (error: unknown) => error,
    );
    expect(outcome).toMatchObject({ name: 'CastAiError', code: 'CASTAI_MALFORMED' });
    expect(String(outcome)).toContain('it says that there are more items than the 100 it holds');
    expect(writesSeenBy(sandbox)).toEqual([]);
    expect(sandbox.castai.entries).toEqual(entries);
  });

  it('of clusters ends the run, because the blacklists of the missing ones would expire unnoticed', async () => {
    await using sandbox = await startRisky(TYPES);
    sandbox.faults.push(answering('clusters', { items: sandbox.castai.clusters, nextCursor: 'abc' }));
    await expect(runSmall(sandbox, { secret: FLEET })).rejects.toMatchObject({ code: 'CASTAI_MALFORMED' });
    expect(writesSeenBy(sandbox)).toEqual([]);
  });

  it.each<[string, number, Record<string, string>]>([
    ['its status is 206', 206, {}],
    ['a Link header names a next page', 200, { link: '<https://api.cast.ai/x?page=2>; rel="next"' }],
    ['a header counts more', 200, { 'x-total-count': '175' }],
    ['a header gives the next page', 200, { 'x-next-page': '2' }],
    ['a header gives the range', 200, { 'content-range': 'items 0-99/175' }],
    ['a header says that there is more', 200, { 'x-has-more': 'true' }],
    ['a header gives the next cursor', 200, { 'next-cursor': 'abc' }],
    ['a header counts items', 200, { 'x-total-items': '175' }],
    ['a header describes the pages in JSON', 200, { 'x-pagination': '{"total":175}' }],
    ['a Link header is written in another style', 200, { link: "</x>; rel = 'prev next'" }],
  ])('is noticed when %s', async (_, status, headers) => {
    await using sandbox = await startRisky(TYPES);
    const body = JSON.stringify({ items: [] });
    const isOfCluster = ({ query }: SandboxRequest) => query['clusterId'] !== undefined;
    sandbox.faults.push({
      when: { route: 'list', matching: isOfCluster },
      fault: { kind: 'status', status, headers, body },
    });
    const { error } = await runSmall(sandbox);
    expect(error).toMatchObject({ code: 'CASTAI_MALFORMED' });
    expect(writesSeenBy(sandbox)).toEqual([]);
  });

  it.each([
    '{"items":null,"code":13,"message":"database unavailable"}',
    '{"items":[],"error":"partial failure"}',
    '{"items":[],"errors":[{"reason":"shard 3"}]}',
  ])('is noticed when it reports an error: %s', async (body) => {
    await using sandbox = await startRisky(TYPES);
    sandbox.faults.push({ when: { route: 'list' }, fault: { kind: 'body', body } });
    await expect(runSmall(sandbox)).rejects.toMatchObject({ code: 'CASTAI_MALFORMED' });
    const { error } = await runSmall(sandbox, { payload: { operation: 'clear' } });
    expect(error).toMatchObject({ code: 'CASTAI_MALFORMED' });
    expect(writesSeenBy(sandbox)).toEqual([]);
  });
});

describe('a list of the organization that grows with every cluster', () => {
  const listOf = (sandbox: Sandbox, clusters: number) => {
    const { organizationId } = sandbox.castai;
    const items = Array.from({ length: clusters * 450 }, (_, index) => ({
      organizationId,
      clusterId: `0a9b8c7d-1111-4222-8333-${String(Math.floor(index / 450)).padStart(12, '0')}`,
      instanceType: `x${index % 450}.large`,
      lifecycle: 'spot',
      expiresAt: '2099-01-01T00:00:00.000Z',
      disabledAt: '2026-01-01T00:00:00.000Z',
      reason: "spot-blacklist/default: AWS's band is >20%, above the tolerated 20%",
    }));
    const shared = { organizationId, instanceType: 'm5ad.2xlarge', lifecycle: 'all', reason: 'no licence' };
    return JSON.stringify({ items: [...items, shared] });
  };
  const isOfOrganization: FaultRule['when'] = {
    route: 'list',
    matching: ({ query }) => query['clusterId'] === undefined,
  };

  it('is read up to the size of 130 clusters, and its organization-wide entries count', async () => {
    await using sandbox = await startRisky(TYPES);
    const body = listOf(sandbox, 130);
    expect(body.length).toBeGreaterThan(18_000_000);
    sandbox.faults.push({ when: isOfOrganization, fault: { kind: 'body', body } });
    const { result, error } = await runSmall(sandbox);
    expect(error).toBeNull();
    expect(result.clusters[0]?.actions).toMatchObject({ add: 8, covered: 1 });
  });

  it('may contain a malformed entry of another cluster', async () => {
    await using sandbox = await startRisky(TYPES);
    const body = JSON.stringify({ items: [{ clusterId: 'another', expiresAt: 'tomorrow', reason: 5 }] });
    sandbox.faults.push({ when: isOfOrganization, fault: { kind: 'body', body } });
    expect((await runSmall(sandbox)).error).toBeNull();
  });

  it.each<[string, () => string]>([
    ['it exceeds the size limit', () => `{"items":[],"more":"${'x'.repeat(26_000_000)}"}`],
    ['it is paginated', () => '{"items":[{"instanceType":"m5.large"}],"nextCursor":"abc"}'],
  ])('is skipped, with a warning, if %s', async (_, bodyOf) => {
    await using sandbox = await startRisky(TYPES);
    sandbox.faults.push({ when: isOfOrganization, fault: { kind: 'body', body: bodyOf() } });
    const { result, error } = await runSmall(sandbox);
    expect(error).toBeNull();
    expect(result.warnings).toEqual([
      "The organization's list is too large to read its organization-wide entries, so they may not have been counted.",
    ]);
    expect(result.clusters[0]?.outcome).toMatchObject({ succeeded: 9 });
  });
});

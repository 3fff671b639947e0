import { expect, test } from 'vitest';
import { equip } from '../../../../../cli/demo/cluster.ts';
import { makeNode, makeTemplate } from '../../../../../cli/demo/sandbox/castai/inventory.ts';
import { connectCastAi } from '../../../../../lambda/castai/client.ts';
import { clientFor } from '../../../../sandbox/http/test-client.ts';
import { type Sandbox, startSandbox } from '../../../../sandbox/sandbox.ts';

const pathsIn = ({ castai: { clusters } }: Sandbox) => {
  const id = clusters[0]?.id ?? '';
  return {
    templates: `v1/kubernetes/clusters/${id}/node-templates`,
    nodes: `v1/kubernetes/external-clusters/${id}/nodes`,
    policies: `v1/kubernetes/clusters/${id}/policies`,
  };
};

test('what a run reads of an equipped cluster has the published structure, which every test checks', async () => {
  await using sandbox = await startSandbox();
  equip(sandbox);
  const { apiKey, organizationId, clusters } = sandbox.castai;
  const { reads } = connectCastAi(sandbox.url, { apiKey, organizationId, clusterId: null });
  const id = clusters[0]?.id ?? '';
  expect((await reads?.listTemplates(id))?.templates).toHaveLength(4);
  expect((await reads?.countSpotNodes(id))?.nodes.size).toBe(10);
  expect(await reads?.listFallbackNodes(id)).toHaveLength(5);
  await reads?.readAutoscaler(id);
  expect(sandbox.requests.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
});

test('the default template is listed only on request', async () => {
  await using sandbox = await startSandbox();
  sandbox.castai.inventory.templates = [...sandbox.castai.inventory.templates, makeTemplate('gpu')];
  const client = clientFor(sandbox);
  const namesAt = async (query: string) => {
    const { items } = await client
      .get(`${pathsIn(sandbox).templates}${query}`)
      .json<{ items: { template: { name: string } }[] }>();
    return items.map(({ template }) => template.name);
  };
  expect(await namesAt('')).toEqual(['gpu']);
  expect(await namesAt('?includeDefault=true')).toEqual(['default-by-castai', 'gpu']);
});

test('nodes are returned in pages, filtered as requested', async () => {
  await using sandbox = await startSandbox();
  const { inventory } = sandbox.castai;
  inventory.nodes = [
    makeNode('m5.large', 'on_demand'),
    makeNode('m5.xlarge', 'fallback'),
    makeNode('m5.2xlarge', 'spot', { state: { phase: 'deleting' } }),
    ...['c5.large', 'c5.xlarge', 'c5.2xlarge'].map((type) => makeNode(type)),
  ];
  const client = clientFor(sandbox);
  const page = (query: string) =>
    client
      .get(`${pathsIn(sandbox).nodes}?${query}`)
      .json<{ items: { instanceType: string }[]; nextCursor: string }>();
  const spot = 'lifecycleType=spot&excludeDeleting=true&page.limit=2';
  const first = await page(spot);
  expect(first.items.map(({ instanceType }) => instanceType)).toEqual(['c5.large', 'c5.xlarge']);
  const second = await page(`${spot}&page.cursor=${first.nextCursor}`);
  expect(second).toMatchObject({ items: [{ instanceType: 'c5.2xlarge' }], nextCursor: '' });
  expect((await page('')).items).toHaveLength(6);
});

test.each([
  ['templates', 'includeDefault=yes'],
  ['nodes', 'page.limit=501'],
  ['nodes', 'lifecycleType=SPOT'],
  ['nodes', 'limit=3'],
  ['nodes', 'zone=a'],
  ['nodes', 'page.cursor=nonsense'],
] as const)('%s with %s are refused', async (route, query) => {
  await using sandbox = await startSandbox();
  const { statusCode } = await clientFor(sandbox).get(`${pathsIn(sandbox)[route]}?${query}`);
  expect(statusCode).toBe(400);
});

test('an unknown cluster has none, and a key can be denied access to them', async () => {
  await using sandbox = await startSandbox();
  const client = clientFor(sandbox);
  expect((await client.get('v1/kubernetes/clusters/nobody/policies')).statusCode).toBe(404);
  sandbox.castai.switches.keyMayReadInventory = false;
  for (const path of Object.values(pathsIn(sandbox))) expect((await client.get(path)).statusCode).toBe(403);
});

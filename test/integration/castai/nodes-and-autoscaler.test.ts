// The facts about a cluster besides its blacklist, from arbitrary responses, over a real socket.
import { describe, expect, test } from 'vitest';
import { makeNode } from '../../../cli/demo/sandbox/castai/inventory.ts';
import type { FaultRule } from '../../sandbox/http/faults.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { answering, reading } from '../../support/cluster-reads.ts';

const nodesOf = (arrange: (sandbox: Sandbox) => void) =>
  reading((reads, id) => reads.countSpotNodes(id), arrange);

const page = (nodes: readonly unknown[], nextCursor = '', more = {}) => ({
  items: nodes,
  nextCursor,
  ...more,
});
const node = (instanceType: unknown, isSpot: unknown = true) => ({ instanceType, spotConfig: { isSpot } });

describe('Spot nodes', () => {
  test('are counted by type over all pages, which have 500 nodes each', async () => {
    const types = ['m5.large', 'm5.xlarge', 'c5.large', 'c5.large'];
    const all = Array.from({ length: 20_000 }, (_, index) => makeNode(types[index % types.length] ?? ''));
    let pages = 0;
    const { nodes, withoutType } = await nodesOf(({ castai: { inventory }, faults }) => {
      inventory.nodes = [...all, makeNode('m5.large', 'on_demand'), makeNode('m5.large', 'fallback')];
      faults.push({
        when: { route: 'nodes' },
        onStrike: () => void pages++,
        fault: { kind: 'latency', ms: 0 },
      });
    });
    expect({ nodes: Object.fromEntries(nodes), withoutType, pages }).toEqual({
      nodes: { 'm5.large': 5_000, 'm5.xlarge': 5_000, 'c5.large': 10_000 },
      withoutType: 0,
      pages: 40,
    });
  });

  test('are only those marked as Spot, whatever the response contains', async () => {
    const { nodes } = await nodesOf(({ castai: { inventory } }) => {
      inventory.filtersNodes = false;
      inventory.nodes = [
        makeNode('m5.large'),
        makeNode('m5.large', 'fallback'),
        makeNode('c5.large', 'on_demand'),
      ];
    });
    expect([...nodes]).toEqual([['m5.large', 1]]);
  });

  test('without a type are counted separately', async () => {
    const nodes = [node('M5.large '), node(''), node(null), node(7), node('m5'), node('x y.large')];
    const others = [node('c5.large', 'true'), { instanceType: 'c5.large' }, 7];
    const read = await nodesOf(({ faults }) => faults.push(answering('nodes', page([...nodes, ...others]))));
    expect({ ...read, nodes: [...read.nodes] }).toEqual({ nodes: [['m5.large', 1]], withoutType: 6 });
  });

  test.each<[string, unknown]>([
    ['there are none', { items: [] }],
    ['the answer is empty', {}],
    ['the list is null', { items: null, nextCursor: '' }],
  ])('are none if %s', async (_, body) => {
    const { nodes } = await nodesOf(({ faults }) => faults.push(answering('nodes', body)));
    expect(nodes.size).toBe(0);
  });

  test('are complete if the pages together hold the total count, though each holds only its limit', async () => {
    const facts = { totalCount: 3, limit: 2 };
    const { nodes } = await nodesOf(({ faults }) =>
      faults.push(
        answering('nodes', page([node('m5.large'), node('m5.large')], 'a', facts), 1),
        answering('nodes', page([node('m5.large')], '', facts), 1),
      ),
    );
    expect([...nodes]).toEqual([['m5.large', 3]]);
  });

  test.each<[string, FaultRule[]]>([
    ['there is more, and no cursor', [answering('nodes', page([], '', { hasMore: true }))]],
    [
      'a count says that some are missing',
      [answering('nodes', page([node('m5.large')], '', { totalCount: 2 }))],
    ],
    ['a cursor repeats', [answering('nodes', page([node('m5.large')], 'same'))]],
    ['cursors lead in a circle', ['a', 'b', 'a'].map((cursor) => answering('nodes', page([], cursor), 1))],
    ['the cursor is no text', [answering('nodes', { items: [], nextCursor: { at: 3 } })]],
    ['the cursor is endless', [answering('nodes', page([], 'x'.repeat(5_000)))]],
    ['no item is a node', [answering('nodes', page([7, 8]))]],
    [
      'the second page is junk',
      [answering('nodes', page([node('m5.large')], 'a'), 1), answering('nodes', '<html>')],
    ],
  ])('are unknown if %s', async (_, rules) => {
    await expect(nodesOf(({ faults }) => faults.push(...rules))).rejects.toMatchObject({
      code: 'CASTAI_MALFORMED',
      message: expect.stringMatching(/^CAST AI's nodes could not be read \(/),
    });
  });

  test('are unknown if the pages do not end', async () => {
    let requests: Sandbox['requests'] = [];
    const endless = nodesOf((sandbox) => {
      requests = sandbox.requests;
      const pages = Array.from({ length: 200 }, (_, index) => page([], `page-${index}`));
      sandbox.faults.push(...pages.map((body) => answering('nodes', body, 1)));
    });
    await expect(endless).rejects.toMatchObject({ message: expect.stringContaining('more than 100 pages') });
    expect(requests.filter(({ route }) => route === 'nodes')).toHaveLength(100);
  });
});

describe('fallback nodes', () => {
  const fallbackOf = (arrange: (sandbox: Sandbox) => void) =>
    reading((reads, id) => reads.listFallbackNodes(id), arrange);
  const createdAt = '2026-02-12T10:00:00Z';
  const labels = { 'scheduling.cast.ai/spot-fallback': 'true' };

  test('have a name and an age, over all pages', async () => {
    const all = Array.from({ length: 501 }, (_, index) =>
      makeNode('m5.large', 'fallback', { name: `ip-${index}`, createdAt }),
    );
    const nodes = await fallbackOf(({ castai: { inventory } }) => {
      inventory.nodes = [makeNode('m5.large'), ...all, makeNode('m5.large', 'on_demand')];
    });
    expect(nodes).toEqual(all.map(({ name }) => ({ name, createdAt: Date.parse(createdAt) })));
  });

  test('are only those that are labelled so, whatever the response contains', async () => {
    const nodes = await fallbackOf(({ castai: { inventory } }) => {
      inventory.filtersNodes = false;
      inventory.nodes = [
        makeNode('m5.large'),
        makeNode('c5.large', 'on_demand'),
        makeNode('m5.large', 'fallback', { name: 'a', createdAt }),
      ];
    });
    expect(nodes.map(({ name }) => name)).toEqual(['a']);
  });

  test('are left out where name or age cannot be read, and shown on one line', async () => {
    const items = [
      { name: 'x\u001b[31m\ny', createdAt, labels },
      ...['', ' ', null, 7, undefined].map((name) => ({ name, createdAt, labels })),
      ...['', 'yesterday', null, 7, undefined].map((at) => ({ name: 'a', createdAt: at, labels })),
      ...[null, [], 'x', {}].map((none) => ({ name: 'a', createdAt, labels: none })),
      null,
    ];
    const nodes = await fallbackOf(({ faults }) => faults.push(answering('nodes', page(items))));
    expect(nodes.map(({ name }) => name)).toEqual(['x\ufffd[31m\ufffdy']);
  });

  test.each<[string, FaultRule]>([
    ['the answer is junk', answering('nodes', '<html>')],
    ['no item is a node', answering('nodes', page([7]))],
    ['a cursor repeats', answering('nodes', page([], 'same'))],
  ])('are unknown if %s', async (_, rule) => {
    await expect(fallbackOf(({ faults }) => faults.push(rule))).rejects.toMatchObject({
      code: 'CASTAI_MALFORMED',
      message: expect.stringMatching(/^CAST AI's fallback nodes could not be read \(/),
    });
  });
});

describe('the autoscaler', () => {
  const autoscaler = (body: unknown) =>
    reading(
      (reads, id) => reads.readAutoscaler(id),
      ({ faults }) => faults.push(answering('policies', body)),
    );

  const [off, noSpot, scoped] = [/switched off/, /do not allow Spot/, /scoped mode/];
  test.each<[unknown, RegExp[]]>([
    [{ enabled: true }, []],
    [{ enabled: false, isScopedMode: true }, [off, scoped]],
    [{ enabled: null }, []],
    [{ spotInstances: { enabled: true } }, []],
    [{}, []],
    [{ enabled: true, unschedulablePods: { enabled: false } }, [off]],
    [{ enabled: false, unschedulablePods: { enabled: false } }, [off]],
    [{ spotInstances: { enabled: false } }, [noSpot]],
    [{ unschedulablePods: null, spotInstances: {}, isScopedMode: null }, []],
    // Clear values count, whatever else there is.
    [{ enabled: 'yes', unschedulablePods: { enabled: false } }, [off]],
    [{ enabled: false, spotInstances: 7 }, [off]],
  ])('with the policies %j raises these doubts: %j', async (body, doubts) => {
    expect(await autoscaler(body)).toEqual(doubts.map((words) => expect.stringMatching(words)));
  });

  test.each([
    [{ enabled: 'yes' }],
    [{ enabled: 'false' }],
    [{ unschedulablePods: false }],
    [{ unschedulablePods: [] }],
    [{ unschedulablePods: { enabled: 0 } }],
    [{ spotInstances: { enabled: 'false' } }],
    [{ isScopedMode: 1 }],
    [{ items: [7] }],
    [{ message: 'internal' }],
    ['[]'],
    ['<html>'],
  ])('is unknown if the response is %j', async (body) => {
    await expect(autoscaler(body)).rejects.toMatchObject({ code: 'CASTAI_MALFORMED' });
  });
});

test.each<[number, string, string]>([
  [401, 'KEY_REJECTED', 'CAST AI does not accept the API key'],
  [403, 'KEY_FORBIDDEN', "CAST AI's nodes could not be read (403: the API key's owner needs a role"],
  [404, 'CASTAI_REFUSED', "CAST AI's nodes could not be read (404)"],
])(
  'a response of %d is an error that names what is unknown, with the id for support',
  async (status, code, message) => {
    const refused = nodesOf(({ faults }) =>
      faults.push({ when: { route: 'nodes' }, fault: { kind: 'status', status } }),
    );
    await expect(refused).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
    await expect(refused).rejects.toMatchObject({
      message: expect.stringMatching(/Request-Id [0-9a-f-]{36}\]/),
    });
  },
);

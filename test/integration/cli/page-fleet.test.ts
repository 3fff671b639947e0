import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { renderPage } from '../../../cli/page/page.ts';
import { readResult } from '../../../cli/views/read-result.ts';
import { fitIntoResponse } from '../../../lambda/report/fit.ts';
import type { DecisionResult } from '../../../lambda/report/result.ts';
import { growFleet, startScene } from '../../browser/scene.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { FLEET, runHere } from '../../support/run-here.ts';

const NOW = new Date('2026-02-13T12:00:00Z');

async function fleetResult(sandbox: Sandbox, clusters: number) {
  growFleet(sandbox, clusters);
  const { result } = await runHere(sandbox, { secret: FLEET, payload: { dryRun: true } });
  return fitIntoResponse(result);
}

function pageOf(value: unknown): string {
  const { result, problem } = readResult(JSON.parse(JSON.stringify(value)));
  if (result === null) throw new Error(problem);
  return renderPage(result, NOW);
}

test("a fleet's page has each type once, and stays below 2 MB for 40 clusters and for 300", async () => {
  await using sandbox = await startScene();
  const page = pageOf(await fleetResult(sandbox, 40));
  expect(Buffer.byteLength(page)).toBeLessThan(1_200_000);
  expect(page.match(/<th scope="row">m5\.large<\/th>/g)).toHaveLength(1);
  expect(page.match(/<title>m5\.large · /g)).toHaveLength(1);
  const result = await fleetResult(sandbox, 300);
  const omitted = result.clusters.filter(({ decisionsOmitted }) => decisionsOmitted !== undefined).length;
  expect(omitted).toBeGreaterThan(200);
  const large = pageOf(result);
  expect(Buffer.byteLength(large)).toBeLessThan(2_000_000);
  expect(large).toContain(`the decisions about ${omitted} more clusters, which did not fit`);
});

test('the page of 40 clusters stays below 2 MB if each entry has its own expiry and each failure its own text', async () => {
  await using sandbox = await startScene();
  const result = await fleetResult(sandbox, 40);
  const at = (index: number) => new Date(NOW.getTime() + (index % 300) * 60_000).toISOString();
  const failed =
    (offset: number) =>
    (decision: DecisionResult, index: number): object => {
      const problem = `CAST AI refused ${decision.instanceType} [request ${randomUUID()}]. ${'Check it. '.repeat(10)}`;
      return { ...decision, expiresAt: at(index + offset), outcome: 'failed', problem };
    };
  const kept =
    (offset: number) =>
    (decision: DecisionResult, index: number): object => {
      return { ...decision, action: 'keep', expiresAt: at(index * 7 + offset) };
    };
  for (const change of [failed, kept]) {
    const clusters = result.clusters.map((cluster, index) => {
      return { ...cluster, decisions: cluster.decisions.map(change(index)) };
    });
    const page = pageOf({ ...result, dryRun: false, clusters });
    expect(Buffer.byteLength(page)).toBeLessThan(2_000_000);
  }
});

test('without scripts, actions are counted over the clusters that differ', async () => {
  await using sandbox = await startScene();
  const page = pageOf(await fleetResult(sandbox, 4));
  const row = (type: string) =>
    new RegExp(`<tr[^>]*><th scope="row">${type}</th>.*?</tr>`, 's')
      .exec(page)?.[0]
      .replaceAll(/<[^>]*>/g, ' ');
  expect(row('m5.2xlarge')).toMatch(/add 3, covered 1/);
  expect(row('r5d.xlarge')).toMatch(/add 3, renew 1/);
  expect(row('a1.large')).toMatch(/\n +add \n/);
  expect(row('m5.2xlarge')).toMatch(/or later .*\(and 1 other reason\)/s);
  expect(page).toContain('Without scripts, this page shows all clusters together');
});

test('the page holds each cluster’s decisions as indexes into tables of texts and states', async () => {
  await using sandbox = await startScene();
  const result = await fleetResult(sandbox, 4);
  const page = pageOf(result);
  const { texts, states, clusters } = JSON.parse(
    /<script type="application\/json" class="facts">(.*?)<\/script>/.exec(page)?.[1] ?? '',
  );
  const types = [...page.matchAll(/<tr[^>]*><th scope="row">([^<]+)<\/th>\n/g)].map(([, type]) => type);
  expect(types).toHaveLength(1088);
  expect(clusters).toHaveLength(5);
  for (const [index, { decisions }] of result.clusters.entries()) {
    const actions = new Map(decisions.map(({ instanceType, action }) => [instanceType, action]));
    const shown = types.map((_, type) => texts[states[clusters[index + 1].states[type]][0]]);
    expect(shown).toEqual(types.map((type) => actions.get(type ?? '') ?? 'none'));
  }
  // The same run without the tables would repeat every reason.
  expect(states.length).toBeLessThan(60);
});

test('clusters in several regions have a section for each', async () => {
  await using sandbox = await startScene();
  const { castai } = sandbox;
  const [first] = castai.clusters;
  if (first === undefined) throw new Error('no cluster');
  castai.clusters = ['us-east-1', 'eu-west-1', 'eu-north-1', 'us-west-2'].map((region) => {
    return { ...first, id: randomUUID(), name: `in ${region}`, region: { ...first.region, name: region } };
  });
  const { result } = await runHere(sandbox, { secret: FLEET, payload: { dryRun: true } });
  const page = pageOf(result);
  const titles = [...page.matchAll(/<h2 id="region-(\d)" tabindex="-1">([^<]*)</g)].map(([, , name]) => name);
  expect(titles).toEqual(['eu-north-1', 'eu-west-1', 'us-east-1', 'us-west-2']);
  expect(page).toContain('Types without an action are left out below, as there are 4 regions.');
});

import { expect, test } from 'vitest';
import { renderPage } from '../../../cli/page/page.ts';
import { readResult } from '../../../cli/views/read-result.ts';
import { startScene } from '../../browser/scene.ts';
import { FLEET, type RunHere, runHere } from '../../support/run-here.ts';

const NOW = new Date('2026-02-13T12:00:00Z');

function pageOf(value: unknown): string {
  const { result, problem } = readResult(JSON.parse(JSON.stringify(value)));
  if (result === null) throw new Error(problem);
  return renderPage(result, NOW);
}

const headline = (page: string) => /<h1[^>]*>.*?<\/h1>/.exec(page)?.[0];
const NO_FLOORS = {
  minTypesPerArchitecture: 0,
  minFamiliesPerArchitecture: 0,
  minTypesPerTemplate: 0,
  minTypesPerSize: 0,
};

async function pageOfRun(options: RunHere, refusedRoute: 'add' | 'list' | null = null): Promise<string> {
  await using sandbox = await startScene();
  if (refusedRoute !== null)
    sandbox.faults.push({ when: { route: refusedRoute }, fault: { kind: 'status', status: 403 } });
  const { result } = await runHere(sandbox, options);
  return pageOf(result);
}

test('a refused plan is shown in red, with the shares, and with types by band instead of decisions', async () => {
  const page = await pageOfRun({ settings: { interruptionThreshold: 0, ...NO_FLOORS } });
  expect(headline(page)).toBe('<h1 class="bad">Refused: 99.4% is above the ceiling of 90%</h1>');
  expect(page).toContain('1,081 of 1,088 types would have been blacklisted. Nothing was written.');
  expect(page).toContain('1,088 types by band');
  expect(page).not.toMatch(/class="card|class="decisions"|class="map"|within the tolerated/);
});

test('a run that could not read the list is shown as failed, in red, without a plan’s numbers', async () => {
  const page = await pageOfRun({}, 'list');
  expect(headline(page)).toBe('<h1 class="bad">Failed: nothing was written</h1>');
  expect(page).toContain(
    '<p class="notice bad" role="note"><strong>Not completed:</strong> The API key may not',
  );
  expect(page).not.toMatch(/class="card|class="decisions"|class="map"/);
});

test('a dry run that failed says that there is no plan', async () => {
  const page = await pageOfRun({ payload: { dryRun: true } }, 'list');
  expect(headline(page)).toBe('<h1 class="bad">Failed: there is no plan</h1>');
});

test('a run whose writes all failed shows the types as they are, not as they were planned', async () => {
  const page = await pageOfRun({}, 'add');
  expect(headline(page)).toBe('<h1 class="bad">Failed: nothing was written</h1>');
  expect(page).toContain('<p class="kept">13 of 1,088 types are kept off Spot, as before.</p>');
  // All but two, which another owner blacklists.
  expect(page).toContain('<h3>Stays available, x86_64</h3><p class="big">664 <small>');
  expect(page).not.toContain('Price of avoiding');
  expect(page.match(/(failed|deferred)<\/td>\n<td class="until" data-v="">–</g)).toHaveLength(443);
  expect(page).toContain('once the plan is carried out');
});

test('a completed run shows in a card what avoiding risky types costs', async () => {
  const page = await pageOfRun({});
  expect(headline(page)).toMatch(/^<h1>\d+ of 1,088 types are kept off Spot<\/h1>$/);
  expect(page).toMatch(
    /Price of avoiding risky types<\/h3><p class="big">\d points? <small>of savings: half of the/,
  );
});

test('a run in which nothing is risky says that all types are available', async () => {
  await using sandbox = await startScene();
  sandbox.castai.entries = [];
  const { result } = await runHere(sandbox, { payload: { dryRun: true, neverBlacklist: ['*'] } });
  expect(headline(pageOf(result))).toBe('<h1>All 1,088 types would stay available</h1>');
});

test('a result without decisions does not present the plan of an unfinished run as its outcome', async () => {
  await using sandbox = await startScene();
  sandbox.faults.push({ when: { route: 'add' }, fault: { kind: 'status', status: 400 } });
  const { result } = await runHere(sandbox, {});
  const clusters = result.clusters.map((cluster) => {
    return { ...cluster, decisions: [], decisionsOmitted: cluster.decisions.length };
  });
  const one = pageOf({ ...result, clusters });
  expect(headline(one)).toBe('<h1 class="bad">Failed: nothing was written</h1>');
  expect(one).not.toContain('kept off Spot');
  expect(one).toContain('<h3>Would stay available, x86_64</h3>');
  const two = pageOf({ ...result, clusters: [...clusters, ...clusters] });
  expect(two).toMatch(
    /<strong class="bad">443 not done<\/strong><\/td>(<td class="[a-z]*">[\d–]<\/td>)+<\/tr>/,
  );
});

test('a skipped cluster is named with the reason, and is not a failure', async () => {
  await using sandbox = await startScene();
  const { castai } = sandbox;
  const [first] = castai.clusters;
  if (first === undefined) throw new Error('no cluster');
  const gone = { ...first, id: '6f8a3f0e-1f5c-4f4e-9a55-0d0c4b1f2a3b', name: 'gone', status: 'deleted' };
  castai.clusters = [gone, first];
  const { result } = await runHere(sandbox, { secret: FLEET, payload: { dryRun: true } });
  const page = pageOf(result);
  expect(headline(page)).toBe(
    '<h1>1 of 2 clusters is planned; 1 skipped; 1 is short of arm64 accelerated types</h1>',
  );
  expect(page).toMatch(/<td class="">skipped: [^<]+<\/td>/);
  expect(page).not.toContain('class="notice bad"');
});

test('a fleet with an unfinished cluster is shown as failed, in red', async () => {
  await using sandbox = await startScene();
  const [first] = sandbox.castai.clusters;
  if (first === undefined) throw new Error('no cluster');
  const second = { ...first, id: '6f8a3f0e-1f5c-4f4e-9a55-0d0c4b1f2a3b', name: 'second' };
  sandbox.castai.clusters = [first, second];
  sandbox.faults.push({
    when: { route: 'list', matching: ({ query }) => query['clusterId'] === second.id },
    fault: { kind: 'status', status: 403 },
  });
  const { result } = await runHere(sandbox, { secret: FLEET });
  const page = pageOf(result);
  expect(headline(page)).toBe(
    '<h1 class="bad">1 of 2 clusters is done; 1 failed; 1 is short of arm64 accelerated types</h1>',
  );
  expect(page).toContain('<strong>second:</strong> failed: The API key may not');
});

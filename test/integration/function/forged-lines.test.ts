// Names that contain a line which this project could have printed.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { cli, LINUX_20 } from '../../support/cli.ts';
import { deploy, logLines } from '../../support/deployment.ts';

const FORGED =
  '\u001b[2K\r\n\u001b[32mDone\u001b[39m: production: 449 written, 449 of them confirmed\u2028\u202e';
const SHOWN = 'production�[2K���[32mDone�[39m: production: 449 written, 449 of them confirmed��';
const INVISIBLE = /(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;

function rename(sandbox: Sandbox, changes: Record<string, unknown>) {
  sandbox.castai.clusters = sandbox.castai.clusters.map((cluster) => ({ ...cluster, ...changes }));
}

/** The lines that look like the one that reports a completed run. */
const claims = (text: string) => text.split(/[\n\r\u2028\u2029]/).filter((line) => /^\W*Done\b/.test(line));

describe('the name of a cluster', () => {
  test('stays on one line, on the terminal and in the result', async () => {
    await using deployment = await deploy();
    const { sandbox } = deployment;
    rename(sandbox, { name: `production${FORGED}` });
    const { stdout } = await cli(sandbox, [...LINUX_20, '--dry-run']);
    expect(claims(stdout)).toEqual([`Done: ${SHOWN}: a dry run; nothing was written.`]);
    expect(stdout).not.toMatch(INVISIBLE);
    const { clusters } = await deployment.succeed({ dryRun: true });
    expect(clusters[0]?.clusterName).toBe(SHOWN);
  });

  test.for<[string, Record<string, unknown>]>([
    ['its kind', { providerType: `gke${FORGED}` }],
    ['its region', { region: { name: `us-east-1${FORGED}` } }],
    ['its name', { name: FORGED, status: 'failed' }],
  ])('and %s stay on one line in an error', async ([, changes]) => {
    await using sandbox = await startSandbox();
    rename(sandbox, changes);
    const { stdout, stderr } = await cli(sandbox, [...LINUX_20, '--auto-approve', '--region', 'us-east-1']);
    expect(claims(stdout + stderr)).toEqual([]);
    expect(stderr).toMatch(/^[^\n]+\n$/);
    expect(stderr).not.toMatch(INVISIBLE);
  });
});

test('an entry whose type has invisible characters does not count as own, and stays', async () => {
  await using sandbox = await startSandbox();
  const clusterId = sandbox.castai.clusters[0]?.id ?? '';
  const entry = { clusterId, lifecycle: 'spot', reason: 'spot-blacklist/default: x' } as const;
  sandbox.castai.seed({ ...entry, instanceType: `m5.large${FORGED}` });
  const { code, stdout } = await cli(sandbox, ['clear', '--dry-run']);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('decided: nothing to do') });
});

test('the names in a feed stay on one line', async () => {
  await using sandbox = await startSandbox();
  sandbox.feed.replace({
    ranges: [{ index: 0, label: '<5%' }],
    spot_advisor: { [`eu${FORGED}`]: {}, 'us-east-1': { [`Li${FORGED}`]: {} } },
  });
  for (const region of ['us-east-1', 'eu-west-1']) {
    const { stderr } = await cli(sandbox, [...LINUX_20, '--dry-run', '--region', region]);
    expect(stderr).toMatch(/^FeedError: [^\n]+\n$/);
    expect(stderr).not.toMatch(INVISIBLE);
  }
});

test('a header that is not an entity tag appears neither in JSON nor in the log', async () => {
  await using deployment = await deploy();
  const { sandbox } = deployment;
  const etag = '"\u009b32mDone"';
  const body = sandbox.feed.body.toString();
  sandbox.faults.push({
    when: { route: 'feed' },
    fault: { kind: 'status', status: 200, headers: { etag }, body },
  });
  const { stdout } = await cli(sandbox, [...LINUX_20, '--dry-run', '--json']);
  expect(stdout).not.toMatch(INVISIBLE);
  expect(JSON.parse(stdout).feed.etag).toBeNull();
  const { log } = await deployment.invoke({ dryRun: true });
  expect(log).not.toMatch(INVISIBLE);
  expect(logLines(log).at(-1)).toMatchObject({ feed: { etag: null } });
});

describe('a result file', () => {
  test.for([
    ['the error in it', () => ({ errorType: `X${FORGED}`, errorMessage: FORGED })],
    ['the place of a fault in it', () => ({ regions: { [FORGED]: { [FORGED]: { [FORGED]: 'x' } } } })],
    ['its own name', () => []],
  ] as const)('prints one line for %s', async ([, content]) => {
    const folder = await mkdtemp(join(tmpdir(), 'forged-'));
    const file = join(folder, `r${FORGED}`);
    await writeFile(file, JSON.stringify(content()));
    const { code, stdout, stderr } = await cli(null, ['report', file]);
    await rm(folder, { recursive: true });
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^SettingsError: [^\n]+\n$/);
    expect(stderr).not.toMatch(INVISIBLE);
  });
});

// The function's messages at a terminal: they name settings as the user gave them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { makeCluster } from '../../../cli/demo/sandbox/castai/castai.ts';
import type { Fault } from '../../sandbox/http/faults.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { cli, cliProcess, LINUX_20, NO_KEYS } from '../../support/cli.ts';
import { MINIMAL, TARGET } from '../../support/configuration.ts';
import { answering } from '../../support/deployment.ts';

let sandbox: Sandbox;
beforeEach(async () => {
  sandbox = await startSandbox();
  return () => sandbox.close();
});

const folder = mkdtempSync(join(tmpdir(), 'wording-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Variables = Record<string, string | undefined>;

/** The message of a failed plan, without any of the function's own wording. */
async function told(args: readonly string[], changes: Variables = {}, run = cli): Promise<string> {
  const { code, stdout, stderr } = await run(sandbox, ['plan', ...LINUX_20, ...args], changes);
  expect({ code, stdout }).toEqual({ code: 1, stdout: expect.not.stringMatching(/\bnext run\b/) });
  expect(stderr).not.toMatch(/\bnext run\b/);
  return stderr;
}

/** Adds the cluster `dublin`, whose list is answered like this. */
function addUnlisted(fault: Fault): void {
  const { organizationId } = sandbox.castai;
  const dublin = makeCluster('eu-west-1', { organizationId, name: 'dublin' });
  sandbox.castai.clusters.push(dublin);
  sandbox.faults.push({
    when: { route: 'list', matching: ({ query }) => query['clusterId'] === dublin.id },
    fault,
  });
}

const OTHER = '11111111-1111-4111-8111-111111111111';
/** An address on which nothing listens. */
const CLOSED = 'http://127.0.0.1:9';

describe('a setting is named as it was given', () => {
  test('as a flag', async () => {
    expect(await told(['--region', 'eu-west-1'])).toContain('Correct --region, or omit it');
    expect(await told(['--region', 'us-eas-1'])).toContain('Set --region to one of: ');
  });

  test('as a variable', async () => {
    expect(await told([], { REGION: 'eu-west-1' })).toContain('Correct REGION, or omit it');
  });

  test('as a key of cdk.json', async () => {
    const file = join(folder, 'cdk.json');
    const targets = [{ ...TARGET, region: 'eu-west-1' }];
    const { environment } = sandbox;
    const configuration = { ...MINIMAL, secretName: environment['SECRET_ID'], targets };
    writeFileSync(file, JSON.stringify({ context: { 'spot-blacklist': configuration } }));
    expect(await told(['--config', file], NO_KEYS, cliProcess)).toContain(
      `Correct region in ${file}, or omit it`,
    );
    expect(await told(['--config', file, '--region', 'eu-west-2'], NO_KEYS, cliProcess)).toContain(
      'Correct --region, ',
    );
  });

  test('as a flag if it was not given', async () => {
    const stderr = await told(['--always-blacklist', '*']);
    expect(stderr).toMatch(/^CeilingError: .* raise --max-blacklist-share\.$/m);
  });

  test('in a result and its warnings too', async () => {
    const args = ['--clusters', 'prod-*', '--own-evidence', 'report'];
    expect(await told(args, {}, cliProcess)).toContain('is not selected by --clusters and --except-clusters');
    sandbox.capacityManager.switches.enabled = 'no, no data';
    const { stdout } = await cliProcess(sandbox, ['plan', ...LINUX_20, '--own-evidence', 'report', '--json']);
    const { warnings } = JSON.parse(stdout);
    expect(warnings.join()).toContain('set --own-evidence-region to that');
    expect(warnings.join()).not.toContain('OWN_EVIDENCE_REGION');
  });
});

describe('credentials are named by their source', () => {
  const WRONG = 'wrong-key';

  test('in the environment', async () => {
    expect(await told([], { API_KEY: WRONG })).toMatch(/Check API_KEY, that .* that CASTAI_API_URL is/);
    expect(await told([], { CLUSTER_ID: OTHER })).toContain('Check CLUSTER_ID and ORG_ID.');
  });

  test('in flags', async () => {
    const { ORG_ID } = { ORG_ID: sandbox.castai.organizationId };
    const keys = ['--api-key', WRONG, '--org-id', ORG_ID, '--cluster-id', OTHER];
    const { stderr } = await cli(sandbox, ['plan', ...LINUX_20, ...keys], NO_KEYS);
    expect(stderr).toContain('Check --api-key, that');
    expect(stderr).not.toContain('in the secret');
  });

  test('in the secret', async () => {
    sandbox.putSecret({ 'api-key': WRONG });
    const secret = ['--secret-id', sandbox.environment['SECRET_ID'] ?? ''];
    expect(await told(secret, NO_KEYS, cliProcess)).toContain('Check api-key in the secret, that');
    sandbox.putSecret({ 'cluster-id': '*' });
    const stderr = await told([...secret, '--cluster-id', OTHER], NO_KEYS, cliProcess);
    expect(stderr).toContain('Check --cluster-id and org-id in the secret.');
  });

  test('in the secret, for another cluster than the one given', async () => {
    const args = ['plan', ...LINUX_20, '--secret-id', sandbox.environment['SECRET_ID'] ?? ''];
    const { stderr } = await cliProcess(sandbox, [...args, '--cluster-id', OTHER], NO_KEYS);
    expect(stderr).toContain('--cluster-id is not the cluster that the secret is for');
  });

  test('in a probe', async () => {
    const args = ['probe', '--auto-approve', '--output', join(folder, 'probe.json')];
    const { code, stderr } = await cli(sandbox, args, { API_KEY: WRONG });
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('Check API_KEY, that') });
  });
});

describe('a connection that fails', () => {
  test('to CAST AI is named with its address, and what to do', async () => {
    const stderr = await told([], { CASTAI_API_URL: CLOSED });
    expect(stderr).toContain(`did not read the cluster (ECONNREFUSED from ${CLOSED})`);
    expect(stderr).toContain('CASTAI_API_URL');
    expect(stderr).toMatch(/ Run the command again\.$/m);
  });

  test('to the feed is named with its address', async () => {
    const stderr = await told(['--spot-advisor-url', CLOSED]);
    expect(stderr).toContain(`could not be fetched from ${CLOSED} (ECONNREFUSED)`);
    expect(stderr).toContain('Check --spot-advisor-url');
  });

  test('for one cluster of a fleet does not stop the others', async () => {
    addUnlisted({ kind: 'status', status: 404 });
    const stderr = await told([], { CLUSTER_ID: '*' });
    expect(stderr).toMatch(
      /^RunIncompleteError: 1 of 2 clusters .* What was written remains; run the command again\.$/m,
    );
  });

  test('for one cluster of a fleet is reported once, with what to do, however long the message', async () => {
    addUnlisted(answering(429, { headers: { 'retry-after': '86400' } }));
    const { stdout, stderr } = await cli(sandbox, ['plan', ...LINUX_20], { CLUSTER_ID: '*' });
    expect(stdout).toMatch(/^Not done: dublin\.$/m);
    expect(stderr).toMatch(/ dublin \(failed: CAST AI asked for a longer pause .* raise BATCH_PAUSE\)\. /);
  });
});

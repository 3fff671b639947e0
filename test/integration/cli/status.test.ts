// What `status` shows: what is blacklisted now, by whom, until when.
import { expect, test } from 'vitest';
import { makeCluster } from '../../../cli/demo/sandbox/castai/castai.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { cli, NO_KEYS, startSmall, writesOf } from '../../support/cli.ts';
import { answering } from '../../support/deployment.ts';

const IN_AN_HOUR = new Date(Date.now() + 3_600_000).toISOString();
const KEY = `castai_v1_${'a1'.repeat(32)}`;

async function startListed(): Promise<Sandbox> {
  const sandbox = await startSmall();
  const entry = { lifecycle: 'spot', expiresAt: IN_AN_HOUR } as const;
  const entries = [
    { ...entry, instanceType: 'm5.large', reason: 'spot-blacklist/default: >20%' },
    { ...entry, instanceType: 'c5.large', reason: 'spot-blacklist/blue: >20%' },
    { ...entry, instanceType: 'r5.large', reason: `by hand\u001b[2J ${KEY}`, expiresAt: null },
    { ...entry, instanceFamily: 'p3', instanceType: null, reason: '', lifecycle: 'all' as const },
    { ...entry, instanceType: 'i3.large', lifecycle: 'all' as const, reason: 'spot-blacklist/default: >20%' },
    { ...entry, instanceType: 'd2.xlarge', reason: 'old', expiresAt: new Date(0).toISOString() },
  ];
  for (const one of entries) sandbox.castai.seed(one);
  return sandbox;
}

test('each live entry is shown with its owner, expiry and reason; only the list is read', async () => {
  await using sandbox = await startListed();
  sandbox.requests.length = 0;
  const { code, stdout, stderr } = await cli(sandbox, ['status']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const end = IN_AN_HOUR.slice(0, 16).replace('T', ' ');
  expect(stdout).toMatch(/: 5 live entries \(1 of this target, default; 4 of others\)$/m);
  expect(stdout).toMatch(
    new RegExp(`^ {2}m5\\.large +spot +this target +${end} +spot-blacklist/default: >20%$`, 'm'),
  );
  expect(stdout).toMatch(/^ {2}c5\.large +spot +target blue /m);
  expect(stdout).toMatch(/^ {2}i3\.large +all +another owner /m);
  expect(stdout).toMatch(/^ {2}p3\.\* +all +another owner /m);
  expect(stdout).toMatch(/^ {2}r5\.large +spot +another owner +no expiry /m);
  expect(stdout).not.toContain('\u001b');
  expect(stdout).not.toContain(KEY);
  expect(sandbox.requests.map(({ route }) => route)).toEqual(['list', 'list']);
});

test.each(['markdown', 'csv', 'json'])('as %s, stdout is the document alone', async (format) => {
  await using sandbox = await startListed();
  const { code, stdout } = await cli(sandbox, ['status', '--format', format, '--target-name', 'blue']);
  expect(code).toBe(0);
  expect(stdout).toContain(
    { markdown: '| c5.large | spot | this target |', csv: ',c5.large,,spot,this target,' }[format] ??
      '"owner": "this target"',
  );
  if (format === 'json') expect(JSON.parse(stdout)).toMatchObject({ target: 'blue', warnings: [] });
});

test('a fleet is shown cluster by cluster, and a list that cannot be read is an error', async () => {
  await using sandbox = await startListed();
  const { organizationId } = sandbox.castai;
  const dublin = makeCluster('eu-west-1', { organizationId, name: 'dublin' });
  sandbox.castai.clusters.push(dublin);
  const fleet = await cli(sandbox, ['status', '--cluster-id', '*']);
  expect(fleet).toMatchObject({ code: 0, stderr: '' });
  expect(fleet.stdout).toContain('dublin: nothing is blacklisted');
  expect(fleet.stdout).toContain('sandbox-us-east-1: 5 live entries');

  const matching = ({ query }: { query: Readonly<Record<string, string>> }) =>
    query['clusterId'] === dublin.id;
  sandbox.faults.push({ when: { route: 'list', matching }, fault: answering(400) });
  const partly = await cli(sandbox, ['status', '--cluster-id', '*']);
  expect(partly.code).toBe(1);
  expect(partly.stdout).toContain('sandbox-us-east-1: 5 live entries');
  expect(partly.stderr).toMatch(/^CastAiError: /m);
});

test('without credentials nothing is read', async () => {
  await using sandbox = await startListed();
  sandbox.requests.length = 0;
  const { code, stdout, stderr } = await cli(sandbox, ['status'], NO_KEYS);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/There are no credentials/);
  expect(sandbox.requests).toEqual([]);
  expect(writesOf(sandbox)).toEqual([]);
});

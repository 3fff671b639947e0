import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { messageFrom } from '../../support/child-process.ts';
import { cliProcess, LINUX_20, NO_KEYS, startSmall } from '../../support/cli.ts';
import { type CorporateNetwork, REAL_NAMES, startCorporateNetwork } from '../../support/corporate-network.ts';
import { deploy } from '../../support/deployment.ts';
import { PROJECT } from '../../support/project.ts';

/** Removes the sandbox's addresses, so that every service is requested by its real name. */
const NO_ADDRESSES = {
  CASTAI_API_URL: undefined,
  SPOT_ADVISOR_URL: undefined,
  AWS_ENDPOINT_URL_SECRETS_MANAGER: undefined,
};

const behind = ({ proxyUrl, authority }: CorporateNetwork) => ({
  ...NO_ADDRESSES,
  HTTPS_PROXY: proxyUrl,
  NODE_EXTRA_CA_CERTS: authority,
});

/** A dry run of the command line that reads the secret. */
function cliBy(sandbox: Sandbox, changes: Readonly<Record<string, string | undefined>>) {
  const SECRET_ID = sandbox.environment['SECRET_ID'];
  return cliProcess(sandbox, [...LINUX_20, '--dry-run'], { ...NO_KEYS, SECRET_ID, ...changes });
}

const tunnels = REAL_NAMES.map((name) => `CONNECT ${name}:443`);

describe('the secret, the feed and CAST AI are reached through HTTPS_PROXY, with NODE_EXTRA_CA_CERTS', () => {
  test('by the function', async () => {
    await using sandbox = await startSmall();
    await using network = await startCorporateNetwork(sandbox);
    await using deployment = await deploy({ environment: { ...sandbox.environment, ...behind(network) } });
    await deployment.succeed();
    expect(sandbox.castai.entries).toHaveLength(8);
    expect(new Set(network.asked)).toEqual(new Set(tunnels));
    expect(deployment.sandbox.requests).toEqual([]);
  });

  test('by the command line, with credentials that only the proxy gets', async () => {
    await using sandbox = await startSandbox();
    await using network = await startCorporateNetwork(sandbox);
    const HTTPS_PROXY = network.proxyUrl.replace('//', '//us%40er:pass@');
    const { code, stdout } = await cliBy(sandbox, { ...behind(network), HTTPS_PROXY });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('decided: add 445') });
    expect(new Set(network.asked)).toEqual(new Set(tunnels));
    expect(new Set(network.logins)).toEqual(new Set([`Basic ${btoa('us@er:pass')}`]));
    for (const { headers } of sandbox.requests) expect(headers).not.toHaveProperty('proxy-authorization');
  });
});

test('a proxy that intercepts TLS gets no request without a certificate from NODE_EXTRA_CA_CERTS', async () => {
  await using sandbox = await startSandbox();
  await using network = await startCorporateNetwork(sandbox);
  const environment = { ...behind(network), NODE_EXTRA_CA_CERTS: undefined };
  const { code, stderr } = await cliBy(sandbox, environment);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^SecretError: /) });
  const args = [...LINUX_20, '--region', 'us-east-1', '--dry-run'];
  const withoutSecret = await cliProcess(sandbox, args, { ...NO_KEYS, ...environment });
  expect(withoutSecret.stderr).toContain('(DEPTH_ZERO_SELF_SIGNED_CERT)');
  expect(sandbox.requests).toEqual([]);
});

test('every service names NODE_EXTRA_CA_CERTS where its certificate is not trusted', async () => {
  await using sandbox = await startSandbox();
  await using network = await startCorporateNetwork(sandbox);
  const problems = await messageFrom<Record<string, string>>(
    join(PROJECT, 'test/support/tls-problems-child.ts'),
    [],
    {
      environment: {
        AWS_ENDPOINT_URL: network.directUrl,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'a',
        AWS_SECRET_ACCESS_KEY: 'b',
      },
    },
  );
  expect(Object.keys(problems)).toHaveLength(6);
  for (const [service, problem] of Object.entries(problems)) {
    expect(problem).toMatch(new RegExp(`the TLS certificate presented for ${service}.* is not trusted`, 'i'));
    expect(problem).toContain(
      'If a proxy inspects TLS, set NODE_EXTRA_CA_CERTS to a file containing its certificate authority.',
    );
  }
  expect(sandbox.requests).toEqual([]);
});

test('a connection that the proxy refuses is retried, and finally reported', async () => {
  await using sandbox = await startSandbox();
  await using network = await startCorporateNetwork(sandbox);
  const args = [...LINUX_20, '--region', 'us-east-1', '--dry-run'];
  const look = () => cliProcess(sandbox, args, { ...NO_KEYS, ...behind(network) });
  network.refusals.push(503);
  expect(await look()).toMatchObject({ code: 0 });
  network.refusals.push(403, 403, 403);
  expect(await look()).toMatchObject({ code: 1, stderr: expect.stringContaining('(ERR_PROXY_TUNNEL)') });
});

describe('reached directly', () => {
  // Nothing listens there.
  const dead = { HTTPS_PROXY: 'http://127.0.0.1:1', HTTP_PROXY: 'http://127.0.0.1:1' };

  test('are services on this machine', async () => {
    await using sandbox = await startSandbox();
    expect(await cliBy(sandbox, dead)).toMatchObject({ code: 0 });
    const localhost = sandbox.url.replace('127.0.0.1', 'localhost');
    expect(await cliBy(sandbox, { ...dead, CASTAI_API_URL: localhost })).toMatchObject({ code: 0 });
  });

  test('are hosts in NO_PROXY, while others with http:// go through HTTP_PROXY', async () => {
    await using sandbox = await startSandbox();
    await using network = await startCorporateNetwork(sandbox);
    // This machine, too, but not one of the addresses that are never proxied.
    const endpoint = `${sandbox.url.replace('127.0.0.1', '0.0.0.0')}/aws/secrets-manager`;
    const environment = { AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint, HTTP_PROXY: network.proxyUrl };
    expect(await cliBy(sandbox, environment)).toMatchObject({ code: 0 });
    expect(network.asked).toEqual([
      expect.stringMatching(/^POST http:\/\/0\.0\.0\.0:\d+\/aws\/secrets-manager/),
    ]);
    network.asked.length = 0;
    const NO_PROXY = '.example.com, 0.0.0.0';
    expect(await cliBy(sandbox, { ...environment, NO_PROXY })).toMatchObject({ code: 0 });
    expect(network.asked).toEqual([]);
  });
});

test('an unusable proxy is a SettingsError of the function and of the command line, and no request is sent', async () => {
  await using deployment = await deploy({ environment: { HTTPS_PROXY: 'socks5://proxy:1080' } });
  expect(await deployment.fail()).toMatchObject({ name: 'SettingsError' });
  const { code, stderr } = await cliBy(deployment.sandbox, { HTTPS_PROXY: 'socks5://proxy:1080' });
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/^SettingsError: HTTPS_PROXY/),
  });
  expect(deployment.sandbox.requests).toEqual([]);
});

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, it } from 'vitest';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { type CorporateNetwork, startCorporateNetwork } from '../../support/corporate-network.ts';
import { PROJECT } from '../../support/project.ts';
import { KEY, leaksIn, random } from './canary.ts';

/** Everything that Node.js, the AWS SDK or Powertools print for debugging. */
const DEBUGGING = { NODE_DEBUG: '*', DEBUG: '*', POWERTOOLS_DEV: 'true', AWS_LAMBDA_LOG_LEVEL: 'TRACE' };

describe.concurrent('over TLS, with every debugging variable on, nothing shows the key or a session token', () => {
  const token = random('session');

  it.for([
    ['through a proxy', (network: CorporateNetwork) => ({ HTTPS_PROXY: network.proxyUrl })],
    ['to the server itself', (network: CorporateNetwork) => ({ DIRECT: network.directUrl })],
  ] as const)('%s', async ([, variables], { expect }) => {
    await using sandbox = await startSandbox();
    sandbox.castai.apiKey = KEY;
    sandbox.putSecret();
    await using network = await startCorporateNetwork(sandbox);
    const child = spawn(process.execPath, [join(PROJECT, 'test/support/tls-child.ts')], {
      env: {
        ...DEBUGGING,
        ...variables(network),
        NODE_EXTRA_CA_CERTS: network.authority,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: 'a',
        AWS_SECRET_ACCESS_KEY: random('signing'),
        AWS_SESSION_TOKEN: token,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    expect(stdout).toContain('clusters: 1');
    expect(stdout).toContain('event: null');
    // It is on: otherwise this would show nothing.
    expect(stderr).toMatch(/HTTPS \d+: .*createConnection/);
    const seen = sandbox.requests.map(({ headers }) => headers);
    expect(seen.map((headers) => headers['x-amz-security-token'])).toContain(token);
    expect(seen.map((headers) => headers['x-api-key'])).toContain(KEY);
    expect(leaksIn(stdout + stderr)).toEqual([]);
    expect((stdout + stderr).includes(token)).toBe(false);
  });
});

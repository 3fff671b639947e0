// A made-up API key goes through everything that can fail, and must not come out anywhere.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../../cli/sandbox/http/faults.ts';
import type { Route } from '../../cli/sandbox/http/routes.ts';
import { SECRET_NAME, startSandbox } from '../../cli/sandbox/sandbox.ts';
import { type CorporateNetwork, startCorporateNetwork } from '../support/corporate-network.ts';
import {
  answering,
  type Deployment,
  type DeployOptions,
  deploy,
  EIGHT_TYPES,
  NO_GUARD_RAILS,
  riskyFeed,
} from '../support/deployment.ts';
import { PROJECT } from '../support/project.ts';

const random = (seed: string) => createHash('sha256').update(seed).digest('base64url');
/** In the form of a real one. No piece of it can be in an output by chance. */
const KEY = `castai_v1_${(random('canary') + random('bird')).slice(0, 64)}_${random('mine').slice(0, 8)}`;

/** What was meant to fail did so by itself, and was not ended from outside. */
const OWN_ERROR = /^(Settings|Secret|Feed|Cluster|CastAi|CastAiAuth|RunIncomplete)Error$/;

/** The shortest piece by which somebody would recognise it. */
const PIECE = 12;

interface Case {
  /** Makes something fail, or not. */
  readonly arrange?: (deployment: Deployment) => void;
  readonly options?: DeployOptions;
  readonly payload?: unknown;
  /** Everything else is meant to fail. */
  readonly succeeds?: true;
  /** It takes seconds, so it has a deployment of its own, beside others. */
  readonly waits?: true;
}

const withFault =
  (route: Route, fault: Fault) =>
  ({ sandbox }: Deployment) =>
    sandbox.faults.push({ when: { route }, fault });

const withSecret =
  (text: string | Buffer) =>
  ({ sandbox }: Deployment) => {
    sandbox.secrets.put(SECRET_NAME, text);
  };

const secret = JSON.stringify({
  'api-key': KEY,
  'org-id': '3f1c2b4a-1111-4222-8333-444455556666',
  'cluster-id': '0a9b8c7d-1111-4222-8333-444455556666',
});

/** An answer that quotes the key wherever an answer can. */
const leaky = (status: number) =>
  answering(status, {
    headers: {
      'x-castai-request-id': KEY,
      'www-authenticate': `Bearer ${KEY}`,
      'set-cookie': `key=${KEY}`,
      'retry-after': KEY,
      location: `https://elsewhere.example/?key=${KEY}`,
      'x-echo': KEY,
    },
    body: JSON.stringify({
      code: KEY,
      message: `invalid key ${KEY}`,
      details: [{ '@type': KEY, key: KEY }],
      fieldViolations: [
        { field: KEY, description: KEY },
        { field: 'instanceType', description: KEY },
        { field: `instanceType ${KEY}`, description: KEY },
      ],
    }),
  });

const CASES: Readonly<Record<string, Case>> = {
  'a run that succeeds': { succeeds: true },
  'a dry run': { payload: { dryRun: true }, succeeds: true },
  'a blacklist in which somebody wrote it down': {
    succeeds: true,
    arrange: ({ sandbox }) => {
      sandbox.castai.seed({ instanceType: 'm5.large', reason: `key ${KEY}` });
      sandbox.castai.seed({ instanceFamily: 'c5', reason: KEY, lifecycle: 'spot' });
    },
  },
  'a key that is not accepted, echoed': {
    arrange: ({ sandbox }) => {
      sandbox.castai.apiKey = 'another';
    },
  },
  'a key that may not write, echoed': {
    arrange: ({ sandbox }) => {
      sandbox.castai.switches.keyMayWrite = false;
    },
  },
  'a key that may not read clusters, echoed': {
    arrange: ({ sandbox }) => {
      sandbox.castai.switches.keyMayReadClusters = false;
    },
  },

  ...Object.fromEntries(
    (['cluster', 'list', 'add'] as const).flatMap((route) => [
      ...[302, 400, 401, 403, 404, 409, 418].map((status): [string, Case] => [
        `a ${status} to ${route} that echoes it everywhere`,
        { arrange: withFault(route, leaky(status)) },
      ]),
      [
        `a 200 to ${route} that is an echo`,
        { arrange: withFault(route, { kind: 'body', body: `<b>${KEY}</b>` }) },
      ],
      [
        `a 200 to ${route} that is an echo in JSON`,
        {
          arrange: withFault(route, {
            kind: 'body',
            body: JSON.stringify({ id: { [KEY]: KEY }, items: KEY }),
          }),
        },
      ],
      [
        `${route} that is never answered`,
        { arrange: withFault(route, { kind: 'hang' }), options: { timeoutSeconds: 6 }, waits: true },
      ],
    ]),
  ),

  // These are tried again for seconds before they fail; what becomes of them is the same for every route.
  'a 429 that echoes it everywhere': { arrange: withFault('cluster', leaky(429)), waits: true },
  'a 503 that echoes it everywhere': { arrange: withFault('add', leaky(503)), waits: true },
  'an answer that is cut off': { arrange: withFault('list', { kind: 'truncate' }), waits: true },
  'a connection that is reset': { arrange: withFault('add', { kind: 'reset' }), waits: true },

  'an address that is not CAST AI’s': {
    options: { environment: { CASTAI_API_URL: 'https://cast.ai.example' } },
  },
  'nobody at the address': {
    options: { environment: { CASTAI_API_URL: 'http://127.0.0.1:1' } },
    waits: true,
  },

  ...Object.fromEntries(
    Object.entries({
      'is the key alone': KEY,
      'is the key in quotes': JSON.stringify(KEY),
      'is cut off': secret.slice(0, -4),
      'has single quotes': secret.replaceAll('"', "'"),
      'has a comma too many': secret.replace('}', ',}'),
      'is a list': `[${secret}]`,
      'is JSON in a text': JSON.stringify(secret),
      'is lines': `api-key=${KEY}\norg-id=an-organization`,
      'has a line break after the key': secret.replace(KEY, `${KEY}\\n`),
      'has Bearer before the key': secret.replace(KEY, `Bearer ${KEY}`),
      'has the key in a list': secret.replace(`"${KEY}"`, `["${KEY}"]`),
      'has the key as a name': JSON.stringify({ [KEY]: 'api-key' }),
      'has the key under another name': secret.replace('api-key', 'apiKey'),
      'is binary': Buffer.from(secret),
    }).map(([how, text]): [string, Case] => [`a secret that ${how}`, { arrange: withSecret(text) }]),
  ),
  'Secrets Manager echoing the secret in a refusal': {
    arrange: withFault(
      'secret',
      answering(400, { body: JSON.stringify({ __type: 'X', Message: secret, secret }) }),
    ),
  },
  'Secrets Manager echoing the secret in a failure': {
    arrange: withFault('secret', answering(500, { body: secret, headers: { 'x-amzn-requestid': KEY } })),
  },
  'Secrets Manager answering with half of its JSON': {
    arrange: withFault('secret', {
      kind: 'body',
      body: `{"SecretString":"${KEY}`,
      contentType: 'application/x-amz-json-1.1',
    }),
  },
  'Secrets Manager answering with something that is no text': {
    arrange: withFault('secret', { kind: 'body', body: JSON.stringify({ SecretString: [KEY] }) }),
  },

  'EventBridge echoing the event and the key in a refusal': {
    succeeds: true,
    arrange: withFault('event', leaky(400)),
  },
  'EventBridge answering with something that is an echo': {
    succeeds: true,
    arrange: withFault('event', {
      kind: 'body',
      body: JSON.stringify({ FailedEntryCount: 1, Entries: [{ ErrorCode: KEY, ErrorMessage: KEY }] }),
    }),
  },

  'a payload with the key under a name that is not known': {
    payload: { 'api-key': KEY, apiKey: { value: KEY } },
  },
  'a payload with the key as a name': { payload: { [KEY]: true, [`x ${KEY}`]: 1, [KEY.toUpperCase()]: 1 } },
  'a payload with the key under a name that is known': {
    payload: { dryRun: KEY, batchSize: KEY, region: [KEY], neverBlacklist: [{ KEY }], secretId: { KEY } },
  },
  'a payload that is the key': { payload: KEY },
  'a payload with the key behind a name that may be shown': {
    payload: { secretId: `prefix/${KEY}`, targetName: KEY.slice(0, 60), neverBlacklist: [KEY.slice(10, 60)] },
  },
  'addresses with the key in their query': {
    options: {
      environment: {
        CASTAI_API_URL: `http://127.0.0.1:1/?key=${KEY}`,
        SPOT_ADVISOR_URL: `http://127.0.0.1:1/${KEY}/feed.json?key=${KEY}`,
      },
    },
    waits: true,
  },
  'an address of the feed with the key in it': {
    options: { environment: { SPOT_ADVISOR_URL: `http://127.0.0.1:1/${KEY}/feed.json?key=${KEY}` } },
    waits: true,
  },
  'a secret with the key in quotes as the cluster': {
    arrange: ({ sandbox }) => sandbox.putSecret({ 'cluster-id': `"${KEY}"`, 'org-id': ` ${KEY}` }),
  },
  'an environment with the key in the wrong variables': {
    options: { environment: { DRY_RUN: KEY, BATCH_SIZE: KEY, CASTAI_API_URL: `https://${KEY}@api.cast.ai` } },
  },
};

describe('neither result nor log nor error holds a piece of the API key after', () => {
  let shared: Deployment;
  beforeAll(async () => {
    shared = await deployWithKey();
  });
  afterAll(() => shared[Symbol.asyncDispose]());

  const quick = Object.entries(CASES).filter(([, { options, waits }]) => !options && !waits);
  it.each(quick)('%s', async (_, one) => {
    shared.reset();
    takeKey(shared);
    const { leaks, error } = await leaksOf(one, shared);
    expect(leaks).toEqual([]);
    expect(error ?? '').toMatch(one.succeeds ? /^$/ : OWN_ERROR);
  });
});

describe.concurrent('neither result nor log nor error holds a piece of the API key, even after', () => {
  it.for(Object.entries(CASES).filter(([, { options, waits }]) => options || waits))(
    '%s',
    async ([, one], { expect }) => {
      const { leaks, error } = await leaksOf(one);
      expect(leaks).toEqual([]);
      expect(error).toMatch(OWN_ERROR);
    },
  );

  it('an answer whose status line echoes the key', async ({ expect }) => {
    const answer: RequestListener = (_, response) => {
      response.statusMessage = KEY;
      response.writeHead(400).end(KEY);
    };
    await using server = await listen(createServer(answer));
    expect(await leaksOf({ options: { environment: { CASTAI_API_URL: server.url } } })).toEqual({
      leaks: [],
      error: 'CastAiError',
    });
  });

  it('an answer that is the request, word for word, and so is no HTTP', async ({ expect }) => {
    await using server = await listen(createTcpServer((socket) => socket.on('error', () => {}).pipe(socket)));
    expect(await leaksOf({ options: { environment: { CASTAI_API_URL: server.url } } })).toEqual({
      leaks: [],
      error: 'CastAiError',
    });
  });

  it('an answer that breaks off in the middle of its headers', async ({ expect }) => {
    const answer = `HTTP/1.1 200 OK\r\nx-echo: ${KEY}\r\ncontent-length: ${KEY}\r\n`;
    await using server = await listen(createTcpServer((socket) => socket.on('error', () => {}).end(answer)));
    expect(await leaksOf({ options: { environment: { CASTAI_API_URL: server.url } } })).toEqual({
      leaks: [],
      error: 'CastAiError',
    });
  });
});

describe.concurrent('not even where it was put in the wrong place, does it come out again', () => {
  it.for<[string, Case]>([
    [
      'as the organization',
      { arrange: ({ sandbox }) => sandbox.putSecret({ 'org-id': KEY }), options: { timeoutSeconds: 20 } },
    ],
    ['as the cluster', { arrange: ({ sandbox }) => sandbox.putSecret({ 'cluster-id': KEY }) }],
    [
      'in exchange for the organization',
      {
        arrange: ({ sandbox }) =>
          sandbox.putSecret({ 'org-id': KEY, 'api-key': sandbox.castai.organizationId }),
      },
    ],
    [
      'in exchange for the cluster',
      {
        arrange: ({ sandbox }) =>
          sandbox.putSecret({ 'cluster-id': KEY, 'api-key': sandbox.castai.clusters[0]?.id }),
      },
    ],
    [
      'as the cluster, with a key that may not read clusters',
      {
        arrange: ({ sandbox }) => sandbox.putSecret({ 'cluster-id': KEY }),
        options: {
          sandbox: { castai: { keyMayReadClusters: false } },
          environment: { REGION: 'us-east-1' },
        },
      },
    ],
    ['as the name of the secret', { options: { environment: { SECRET_ID: KEY } } }],
  ])('%s', async ([, one], { expect }) => {
    expect((await leaksOf(one)).leaks).toEqual([]);
  });
});

/** Everything that Node.js, the AWS SDK or Powertools print when somebody looks for a fault. */
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

describe.concurrent('the key is shown', () => {
  it('to CAST AI, and to nobody else', async ({ expect }) => {
    await using deployment = await deployWithKey();
    await deployment.succeed();
    const { requests } = deployment.sandbox;
    const toCastAi = requests.filter(({ path }) => path.startsWith('/v1/'));
    expect(toCastAi.length).toBeGreaterThan(EIGHT_TYPES.length);
    for (const { headers, ...rest } of toCastAi) {
      const { 'x-api-key': key, ...others } = headers;
      expect(key).toBe(KEY);
      // In its header, and not in an address, which every proxy logs.
      expect(JSON.stringify([rest, others])).not.toContain(KEY);
    }
    const others = requests.filter((request) => !toCastAi.includes(request));
    expect(JSON.stringify(others)).not.toContain(KEY);
  });

  it('to nobody to whom CAST AI sends on', async ({ expect }) => {
    const seen: string[] = [];
    await using elsewhere = await listen(
      createServer((request, response) => {
        seen.push(JSON.stringify(request.headers));
        response.end('{}');
      }),
    );
    await using deployment = await deployWithKey();
    const fault = answering(307, { headers: { location: `${elsewhere.url}/v1/inventory/blacklist` } });
    deployment.sandbox.faults.push({ when: { route: 'list' }, fault });
    const { name } = await deployment.fail();
    expect(name).toBe('CastAiError');
    expect(seen).toEqual([]);
  });
});

async function deployWithKey({ environment, ...options }: DeployOptions = {}): Promise<Deployment> {
  // Whoever looks for a fault turns everything on.
  const talkative = {
    AWS_LAMBDA_LOG_LEVEL: 'TRACE',
    POWERTOOLS_LOGGER_LOG_EVENT: 'true',
    EVENT_BUS: 'default',
  };
  const deployment = await deploy({
    ...options,
    environment: { ...NO_GUARD_RAILS, ...talkative, ...environment },
  });
  takeKey(deployment);
  return deployment;
}

/** Makes the sandbox know the key, and echo it where it refuses something. */
function takeKey({ sandbox }: Deployment): void {
  sandbox.castai.apiKey = KEY;
  sandbox.castai.switches.echoKeyInErrors = true;
  sandbox.feed.replace(riskyFeed());
  sandbox.putSecret();
}

/** The pieces of the key that an invocation gave away, and the name of its error. */
async function leaksOf(one: Case, shared?: Deployment) {
  if (shared === undefined) {
    await using deployment = await deployWithKey(one.options);
    return await leaksFrom(deployment, one);
  }
  return leaksFrom(shared, one);
}

async function leaksFrom(deployment: Deployment, { arrange, payload = {} }: Case) {
  arrange?.(deployment);
  const { events } = deployment.sandbox.eventBridge;
  events.length = 0;
  const { payload: answer, log, functionError } = await deployment.invoke(payload);
  const output = JSON.stringify([answer, events]) + log;
  return { leaks: leaksIn(output), error: functionError && answer.errorType };
}

/** The first few pieces of the key in a text. */
function leaksIn(output: string): string[] {
  const leaks = [KEY, Buffer.from(KEY).toString('base64')].flatMap((key) =>
    Array.from({ length: key.length - PIECE + 1 }, (_, index) => key.slice(index, index + PIECE)).filter(
      (piece) => output.includes(piece),
    ),
  );
  return leaks.slice(0, 3);
}

async function listen(server: Server) {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

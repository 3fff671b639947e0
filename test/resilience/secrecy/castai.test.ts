import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import { describe, it } from 'vitest';
import { answering, EIGHT_TYPES } from '../../support/deployment.ts';
import { type Case, deployWithKey, KEY, leaksOf, listen, testEach, withFault } from './canary.ts';

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
  'a blacklist with the key in its reasons': {
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

  // These are tried again for seconds before they fail; their outcome is the same for every route.
  'a 429 that echoes it everywhere': { arrange: withFault('cluster', leaky(429)), waits: true },
  'a 503 that echoes it everywhere': { arrange: withFault('add', leaky(503)), waits: true },
  'an answer that is cut off': { arrange: withFault('list', { kind: 'truncate' }), waits: true },
  'a connection that is reset': { arrange: withFault('add', { kind: 'reset' }), waits: true },

  'an address that is not CAST AI’s': {
    options: { environment: { CASTAI_API_URL: 'https://cast.ai.example' } },
  },
  'an address without a server': {
    options: { environment: { CASTAI_API_URL: 'http://127.0.0.1:1' } },
    waits: true,
  },
};

testEach(CASES);

describe.concurrent('no result, log or error has a piece of the API key after', () => {
  it('a response whose status line echoes the key', async ({ expect }) => {
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

  it('a response that repeats the request, which is not a valid response', async ({ expect }) => {
    await using server = await listen(createTcpServer((socket) => socket.on('error', () => {}).pipe(socket)));
    expect(await leaksOf({ options: { environment: { CASTAI_API_URL: server.url } } })).toEqual({
      leaks: [],
      error: 'CastAiError',
    });
  });

  it('a response that breaks off in the middle of its headers', async ({ expect }) => {
    const answer = `HTTP/1.1 200 OK\r\nx-echo: ${KEY}\r\ncontent-length: ${KEY}\r\n`;
    await using server = await listen(createTcpServer((socket) => socket.on('error', () => {}).end(answer)));
    expect(await leaksOf({ options: { environment: { CASTAI_API_URL: server.url } } })).toEqual({
      leaks: [],
      error: 'CastAiError',
    });
  });
});

describe.concurrent('the key is sent', () => {
  it('to CAST AI only, and in its header only', async ({ expect }) => {
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

  it('to no address that CAST AI redirects to', async ({ expect }) => {
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

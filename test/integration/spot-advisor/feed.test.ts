import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fetchFeed } from '../../../lambda/spot-advisor/feed.ts';
import { type Deployment, deploy, NO_GUARD_RAILS, smallFeed } from '../../support/deployment.ts';

const GOOD = smallFeed({ 'm5.large': 4, 'm5.xlarge': 0, 'c5.large': 1 });

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deploy({ environment: NO_GUARD_RAILS });
});
beforeEach(() => {
  deployment.reset();
  deployment.sandbox.feed.replace(GOOD);
});
afterAll(() => deployment[Symbol.asyncDispose]());

describe('a run without a feed fails, and writes nothing, if', () => {
  it.each([301, 302, 307, 308])(
    'the feed is redirected (%i), and the redirect is not followed',
    async (status) => {
      let visits = 0;
      await using elsewhere = await serve((_, response) => {
        visits += 1;
        response.end(JSON.stringify(GOOD));
      });
      deployment.sandbox.faults.push({
        when: { route: 'feed' },
        fault: { kind: 'status', status, headers: { location: elsewhere.url }, body: JSON.stringify(GOOD) },
      });
      const { name, code, message } = await failWith();
      expect({ name, code }).toEqual({ name: 'FeedError', code: 'FEED_UNREACHABLE' });
      expect(message).toContain(`(${status})`);
      expect(visits).toBe(0);
    },
  );

  it.each([403, 404, 410])('the feed’s server answers %i, which is not retried', async (status) => {
    deployment.sandbox.faults.push({ when: { route: 'feed' }, fault: { kind: 'status', status } });
    const { name, code, message } = await failWith();
    expect({ name, code }).toEqual({ name: 'FeedError', code: 'FEED_UNREACHABLE' });
    expect(message).toContain(`(${status})`);
    expect(message).toContain('SPOT_ADVISOR_URL');
    expect(deployment.sandbox.requests.filter(({ route }) => route === 'feed')).toHaveLength(1);
  });

  it('the feed’s server answers 304 to an unconditional request', async () => {
    await using server = await serve((_, response) => response.writeHead(304).end());
    const fetched = fetchFeed(server.url, AbortSignal.timeout(60_000));
    await expect(fetched).rejects.toMatchObject({ name: 'FeedError', code: 'FEED_UNREACHABLE' });
  });

  it('the feed is too large', async () => {
    const { name, code, message } = await failWith(JSON.stringify(GOOD) + ' '.repeat(17 * 1024 * 1024));
    expect({ name, code }).toEqual({ name: 'FeedError', code: 'FEED_MALFORMED' });
    expect(message).toContain('is larger than 8 MB');
  });

  it('the feed is small when compressed, but too large when decompressed', async () => {
    const bomb = gzipSync(JSON.stringify(GOOD) + ' '.repeat(100 * 1024 * 1024), { level: 1 });
    await using server = await serve((_, response) => {
      response.setHeader('content-encoding', 'gzip').end(bomb);
    });
    const fetched = fetchFeed(server.url, AbortSignal.timeout(60_000));
    await expect(fetched).rejects.toMatchObject({ name: 'FeedError', code: 'FEED_MALFORMED' });
    await expect(fetched).rejects.toThrow('is larger than 8 MB');
  });
});

describe('the feed', () => {
  it('may be compressed', async () => {
    await using server = await serve((_, response) => {
      response.setHeader('content-encoding', 'gzip').end(gzipSync(JSON.stringify(GOOD)));
    });
    const feed = await fetchFeed(server.url, AbortSignal.timeout(60_000));
    expect(feed.of('us-east-1', 'Linux').types).toHaveLength(3);
  });

  it.each([
    ['resets the connection', { kind: 'reset' }],
    ['cuts it off', { kind: 'truncate' }],
    ['answers 503', { kind: 'status', status: 503 }],
    ['answers 429', { kind: 'status', status: 429, headers: { 'retry-after': '0' } }],
  ] as const)('is requested again if its server %s', async (_, fault) => {
    deployment.sandbox.faults.push({ when: { route: 'feed' }, times: 1, fault });
    const { clusters } = await deployment.succeed({ dryRun: true });
    expect(clusters[0]?.actions.add).toBe(1);
    expect(deployment.sandbox.requests.filter(({ route }) => route === 'feed')).toHaveLength(2);
  });
});

describe('the feed is fetched once by a process, and then', () => {
  const OLD = 'Fri, 13 Feb 2026 00:00:00 GMT';
  const NEW = 'Sat, 14 Feb 2026 00:00:00 GMT';
  const fetchTwice = async (first: Headers, then: (headers: IncomingHttpHeaders) => Answer) => {
    const asked: IncomingHttpHeaders[] = [];
    await using server = await serve(({ headers }, response) => {
      asked.push(headers);
      const answer = asked.length === 1 ? { status: 200, headers: first } : then(headers);
      response.writeHead(answer.status, { ...answer.headers });
      response.end(answer.status === 200 ? JSON.stringify(GOOD) : undefined);
    });
    await fetchFeed(server.url, AbortSignal.timeout(60_000));
    const feed = await fetchFeed(server.url, AbortSignal.timeout(60_000));
    expect(feed.of('us-east-1', 'Linux').types).toHaveLength(3);
    return { asked, feed };
  };

  it('transferred again only if it has changed', async () => {
    const { asked, feed } = await fetchTwice({ etag: '"one"', 'last-modified': OLD }, () => ({
      status: 304,
    }));
    expect(asked[0]).not.toHaveProperty('if-none-match');
    expect(asked[1]).toMatchObject({ 'if-none-match': '"one"', 'if-modified-since': OLD });
    expect(feed).toMatchObject({ etag: '"one"', lastModified: Date.parse(OLD) });
  });

  it('dated as the server says if it is republished unchanged', async () => {
    const same = () => ({ status: 304, headers: { 'last-modified': NEW } });
    const { feed } = await fetchTwice({ etag: '"one"', 'last-modified': OLD }, same);
    expect(feed.lastModified).toBe(Date.parse(NEW));
  });

  it('replaced if it has changed', async () => {
    const other = () => ({ status: 200, headers: { etag: '"two"' } });
    expect((await fetchTwice({ etag: '"one"' }, other)).feed).toMatchObject({
      etag: '"two"',
      lastModified: null,
    });
  });

  it('fetched again from a server that sends neither ETag nor date', async () => {
    const { asked } = await fetchTwice({}, () => ({ status: 200 }));
    expect(asked[1]).not.toHaveProperty('if-none-match');
    expect(asked[1]).not.toHaveProperty('if-modified-since');
  });
});

type Headers = Readonly<Record<string, string>>;

interface Answer {
  readonly status: number;
  readonly headers?: Headers;
}

async function failWith(body: string | object = GOOD) {
  deployment.sandbox.feed.replace(body);
  try {
    return await deployment.fail();
  } finally {
    expect(deployment.writes).toEqual([]);
  }
}

/** A web server of the test's own. */
async function serve(respond: Parameters<typeof createServer>[1]) {
  const server = createServer(respond as never);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/feed.json`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

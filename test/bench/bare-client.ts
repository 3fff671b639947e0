// The least that a run's requests can take: Node.js's own client sends them, and nothing is read, decided or reported.
import { Agent, request } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** What a bare client is to send. */
export interface BareRequests {
  /** CAST AI's address, and what makes it accept a request. */
  readonly url: string;
  readonly apiKey: string;
  readonly organizationId: string;
  readonly clusterId: string | undefined;
  /** Requests that wait for one another. */
  readonly reads: number;
  readonly writes: number;
  /** Writes that are under way at once, and that start in every pause. */
  readonly batchSize: number;
  /** Seconds. */
  readonly batchPause: number;
}

const agent = new Agent({ keepAlive: true });

/** Invoked as the bundle is, so that it is measured alike. */
export async function handler(requests: BareRequests): Promise<void> {
  const { reads, writes, batchSize, batchPause } = requests;
  for (let sent = 0; sent < reads; sent += 1) await list(requests);
  let left = writes;
  const next = async () => {
    left -= 1;
    await add(requests, `t${left}.large`);
  };
  if (batchPause === 0) {
    const untilAllAreSent = async () => {
      while (left > 0) await next();
    };
    await Promise.all(Array.from({ length: batchSize }, untilAllAreSent));
    return;
  }
  while (left > 0) {
    const pause = sleep(batchPause * 1000);
    await Promise.all(Array.from({ length: Math.min(batchSize, left) }, next));
    if (left > 0) await pause;
  }
}

async function list({ url, apiKey, organizationId }: BareRequests): Promise<void> {
  await answerTo(`${url}/v1/inventory/blacklist?organizationId=${organizationId}`, apiKey, null);
}

async function add(
  { url, apiKey, organizationId, clusterId }: BareRequests,
  instanceType: string,
): Promise<void> {
  const expiresAt = new Date(Date.now() + 5 * 3_600_000).toISOString();
  const entry = { organizationId, clusterId, instanceType, lifecycle: 'spot', expiresAt };
  await answerTo(`${url}/v1/inventory/blacklist/add`, apiKey, JSON.stringify(entry));
}

function answerTo(url: string, apiKey: string, body: string | null): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const headers = {
      'x-api-key': apiKey,
      ...(body !== null && { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }),
    };
    request(url, { agent, method: body === null ? 'GET' : 'POST', headers }, (response) => {
      if (response.statusCode === 200) json(response).then(resolve, reject);
      else reject(new Error(`A bare request was answered with ${response.statusCode}.`));
    })
      .on('error', reject)
      .end(body);
  });
}

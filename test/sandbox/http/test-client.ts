import got, { type Got } from 'got';
import type { Sandbox } from '../sandbox.ts';

/** A day from now: an expiry that every clock of these tests accepts. */
export const tomorrow = (): string => new Date(Date.now() + 86_400_000).toISOString();

/** A bare client for the sandbox's CAST AI: valid key, no retries, no exceptions for error statuses. */
export function clientFor({ url, castai }: Sandbox): Got {
  return got.extend({
    prefixUrl: url,
    headers: { 'x-api-key': castai.apiKey },
    retry: { limit: 0 },
    throwHttpErrors: false,
  });
}

/** Sends `body` to the blacklist's add or remove endpoint; resolves with the status and the parsed body. */
export async function post(
  client: Got,
  endpoint: 'add' | 'remove',
  body: Record<string, unknown>,
): Promise<{ status: number; body: unknown }> {
  const response = await client.post(`v1/inventory/blacklist/${endpoint}`, { json: body });
  return { status: response.statusCode, body: JSON.parse(response.body) };
}

/** Returns the items that the list endpoint returns for `query`. */
export async function list(client: Got, query: Record<string, string> = {}): Promise<unknown[]> {
  const { items = [] } = await client
    .get('v1/inventory/blacklist', { searchParams: query })
    .json<{ items?: unknown[] }>();
  return items;
}

// Part of every test: what passes between the product and the sandbox is what the vendors publish.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, afterEach, expect } from 'vitest';
import { EXCHANGES, type Exchange } from '../../cli/sandbox/http/exchange.ts';

const exchanges: Exchange[] = [];
const record = (message: unknown) => void exchanges.push(message as Exchange);
subscribe(EXCHANGES, record);
afterAll(() => void unsubscribe(EXCHANGES, record));

afterEach(async () => {
  const seen = exchanges.splice(0);
  // Most tests need no schema.
  if (seen.length === 0) return;
  const { violationsIn } = await import('./contract.ts');
  expect([...new Set(seen.flatMap(violationsIn))]).toEqual([]);
});

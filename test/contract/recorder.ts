// Part of every test: what passes between the product and the sandbox is what the vendors publish.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { afterAll, afterEach, expect } from 'vitest';
import { EXCHANGES, type Exchange } from '../sandbox/http/delivery.ts';

/** The diagnostics channel on which a test says that its answers are not as published, on purpose. */
const UNPUBLISHED = 'spot-blacklist:unpublished';

const exchanges: Exchange[] = [];
const record = (message: unknown) => void exchanges.push(message as Exchange);
subscribe(EXCHANGES, record);
let isExempt = false;
const exempt = () => {
  isExempt = true;
};
subscribe(UNPUBLISHED, exempt);
afterAll(() => {
  unsubscribe(EXCHANGES, record);
  unsubscribe(UNPUBLISHED, exempt);
});

afterEach(async () => {
  const seen = exchanges.splice(0);
  const isJudged = !isExempt;
  isExempt = false;
  // Most tests need no schema.
  if (seen.length === 0 || !isJudged) return;
  const { violationsIn } = await import('./contract.ts');
  expect([...new Set(seen.flatMap(violationsIn))]).toEqual([]);
});

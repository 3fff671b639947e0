// Records of `probe` as fixtures: the sandbox can behave as CAST AI did, whoever sends one.
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { probe } from '../../../../cli/probe/probe.ts';
import { probeRecord } from '../../../../cli/probe/probe-here.ts';
import type { CastAiSwitches } from '../../../sandbox/castai/switches.ts';
import { startSandbox } from '../../../sandbox/sandbox.ts';
import { factsIn, portsWith, REPEATED, switchesFor } from '../../../support/probe-record.ts';

const RECORDS = new URL('records/', import.meta.url);

/** The record of a probe of a sandbox, as its file has it. */
async function recordOf(switches: Partial<CastAiSwitches>): Promise<string> {
  let time = Date.parse('2026-02-14T12:00:00.456Z');
  await using sandbox = await startSandbox({ castai: switches, now: () => time });
  const { apiKey, organizationId, clusters } = sandbox.castai;
  const account = { apiKey, organizationId, clusterId: clusters[0]?.id ?? null };
  const ports = portsWith(
    () => time,
    (milliseconds) => {
      time += milliseconds;
    },
  );
  const made = await probe(sandbox.url, account, ports);
  const facts = { version: '0', baseUrl: sandbox.url, day: '2026-02-14' };
  return `${JSON.stringify(probeRecord(made, facts), null, 2)}\n`;
}

/** Statuses, error bodies and times are CAST AI's own. */
const repeatedIn = (text: string) =>
  Object.entries(factsIn(text)).flatMap(([id, { status: _, shape: __, seconds: ___, ...facts }]) =>
    REPEATED.includes(id) ? [[id, facts]] : [],
  );

describe.each(readdirSync(RECORDS))('the record %s', (name) => {
  const text = readFileSync(new URL(name, RECORDS), 'utf8');

  test('holds no key, id or address', () => {
    expect(text).not.toMatch(/castai_v1_|[\da-f]{8}-[\da-f]{4}-|[\da-f]{32}|@|\d+\.\d+\.\d+\.\d+/i);
  });

  test('is what the sandbox answers that behaves like it', async () => {
    const facts = factsIn(text);
    expect(repeatedIn(await recordOf(switchesFor(facts)))).toEqual(repeatedIn(text));
  });
});

test.each<Partial<CastAiSwitches>>([
  {},
  { onAddExisting: 'duplicate', alterReason: (reason) => reason.slice(0, 64), roundExpiryToMinutes: true },
  { onAddExisting: 'conflict', expiredRowsConflict: true, listExpired: true, filterHeedsBlacklist: false },
  { storeLifecycle: 'all', echoReason: false, roundExpiryToSeconds: true },
  { keyMayWrite: false },
])('a record says enough to behave like it: %o', async (switches) => {
  const text = await recordOf(switches);
  expect(repeatedIn(await recordOf(switchesFor(factsIn(text))))).toEqual(repeatedIn(text));
});

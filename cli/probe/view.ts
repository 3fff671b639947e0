import { wrapAnsi } from 'fast-wrap-ansi';
import { CASTAI_API_URLS } from '../../lambda/settings/rules.ts';
import { drawTable } from '../terminal/table.ts';
import { PROBE_TARGET } from './entry-under-test.ts';
import type { Probe } from './probe.ts';
import type { Finding } from './reads.ts';

/** What the frame of the table takes, in columns. */
const FRAME = 10;
/** The shares of the three columns. */
const SHARES = [0.34, 0.3, 0.36];

/**
 * @param width in columns; infinite where there is no terminal
 * @returns the findings as a table, and what is left to do
 */
export function viewProbe({ findings, leftBehind }: Probe, width = Number.POSITIVE_INFINITY): string {
  const rows = findings.map(({ question, found, means }) =>
    [`${question}?`, found, means].map((text, column) =>
      fitted(text, (width - FRAME) * (SHARES[column] ?? 0)),
    ),
  );
  const table = drawTable(
    [
      ['Question', 'left'],
      ['Found', 'left'],
      ['What it means', 'left'],
    ],
    rows,
    width,
  );
  return `${table}\n${leftBehind === null ? 'What the probe wrote is removed.' : leftover(leftBehind)}`;
}

function fitted(text: string, width: number): string {
  return width === Number.POSITIVE_INFINITY ? text : wrapAnsi(text, Math.floor(width), { hard: true });
}

function leftover(instanceType: string): string {
  return `The entry for ${instanceType} may still be there. It expires within an hour, unless CAST AI does not keep expiries; to remove it now: spot-blacklist clear --target-name ${PROBE_TARGET}, or CAST AI's console.`;
}

/**
 * @param version of this package
 * @param baseUrl of CAST AI's API
 * @param day `2026-11-25`
 * @returns what can be attached to an issue: no id, name, time or text of the account's
 */
export function probeRecord(
  { findings, requests, error, leftBehind }: Probe,
  { version, baseUrl, day }: { readonly version: string; readonly baseUrl: string; readonly day: string },
) {
  return {
    version,
    day,
    // An address of the user's own could say who they are.
    api: CASTAI_API_URLS.includes(baseUrl) ? baseUrl : 'another address',
    requests,
    error: error?.name ?? null,
    isClean: leftBehind === null,
    findings: findings.map(({ id, found, facts }: Finding) => ({ id, found, facts })),
  };
}

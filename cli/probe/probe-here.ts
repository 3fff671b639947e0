import { open, rm } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { wrapAnsi } from 'fast-wrap-ansi';
import { SettingsError, toSafeError } from '../../lambda/domain/errors.ts';
import { plainText } from '../../lambda/input/plain-text.ts';
import { CASTAI_API_URLS } from '../../lambda/settings/rules.ts';
import { fetchFeed } from '../../lambda/spot-advisor/feed.ts';
import { exposureWarning } from '../run/credentials-source.ts';
import { readGiven, reworded } from '../run/given.ts';
import { Interrupt } from '../run/interrupt.ts';
import type { ProbeInvocation } from '../run/invocation.ts';
import { complain, type Host } from '../terminal/host.ts';
import { drawTable } from '../terminal/table.ts';
import { openTerminal, type Progress } from '../terminal/terminal.ts';
import { PROBE_TARGET } from './entry-under-test.ts';
import { type Probe, probe } from './probe.ts';

/** How many questions need a write. */
const WRITTEN_QUESTIONS = 13;

/**
 * Carries out `probe` at a terminal.
 *
 * @returns the exit code: 0 done, or not approved; 1 ended early, or something is left behind
 * @throws {SettingsError} if it cannot start; no request was sent
 * @throws {SpotBlacklistError} if no question could be asked; nothing was written
 */
export async function probeHere(invocation: ProbeInvocation, host: Host, version: string): Promise<number> {
  const { flags, autoApprove, mayWait, output } = invocation;
  const terminal = openTerminal(host);
  const { settings, credentials, wording } = await readGiven(invocation, host.env, 'clear');
  const { castaiApiUrl: baseUrl, spotAdvisorUrl, secretId } = settings;
  if (credentials === null)
    throw new SettingsError(
      'There are no credentials, so nothing was done. Set API_KEY, ORG_ID and CLUSTER_ID, or SECRET_ID.',
    );
  if (!autoApprove && !terminal.canAsk)
    throw new SettingsError(
      'There is no terminal to ask on, so nothing was done. Add --auto-approve if one entry may be written.',
    );
  const exposure = exposureWarning(flags);
  if (exposure !== null) terminal.warn(exposure);

  const file = await reserve(output);
  const interrupt = new Interrupt(host, terminal.say);
  const signal = AbortSignal.any([interrupt.deadline.writes, interrupt.deadline.reads]);
  let made: Probe | null = null;
  const bars: Progress[] = [];
  try {
    made = await credentials(secretId, signal)
      .then((found) =>
        probe(baseUrl, found, {
          now: Date.now,
          wait: (milliseconds, until) => setTimeout(milliseconds, undefined, { signal: until }),
          signal,
          mayWait,
          typesIn: async (region, until) =>
            (await fetchFeed(spotAdvisorUrl, until)).of(region, 'Linux').types,
          async approve(cluster, instanceType) {
            const text = question(cluster, instanceType, mayWait);
            const isApproved = autoApprove || (await terminal.ask(text, interrupt));
            if (isApproved) bars.push(terminal.progress(WRITTEN_QUESTIONS, true));
            return isApproved;
          },
          onFound: ({ question: asked }) => bars[0]?.advance(asked, ''),
        }),
      )
      .catch((thrown): never => {
        throw reworded(toSafeError(thrown), wording);
      });
    const day = new Date().toISOString().slice(0, 10);
    await file.writeFile(`${JSON.stringify(probeRecord(made, { version, baseUrl, day }), null, 2)}\n`);
  } finally {
    bars[0]?.stop();
    await file.close();
    if (made === null || !made.isApproved) await rm(output, { force: true });
  }
  if (!made.isApproved) {
    terminal.say('Nothing was written.');
    return 0;
  }
  terminal.say(`\n${viewProbe(made, terminal.width)}\nThe findings are in ${plainText(output)}.`);
  if (made.error !== null) complain(host, reworded(made.error, wording));
  return made.error === null && made.leftBehind === null ? 0 : 1;
}

function question(cluster: string, instanceType: string, mayWait: boolean): string {
  const time = mayWait ? 'up to eleven minutes' : 'about a minute';
  return `Add and remove an entry for ${instanceType}, Spot only, in ${cluster}? It takes ${time}.`;
}

/** @throws {SettingsError} if the file exists, or cannot be created: before any request to CAST AI */
async function reserve(file: string) {
  try {
    return await open(file, 'wx');
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    const problem = code === 'EEXIST' ? 'already exists' : `cannot be created (${code})`;
    throw new SettingsError(
      `${plainText(file)} ${problem}, so nothing was done. Name another file with --output.`,
    );
  }
}

/** The width of the table's frame, in columns. */
const FRAME = 10;
/** The shares of the three columns. */
const SHARES = [0.34, 0.3, 0.36];

/**
 * @param width in columns; infinite where there is no terminal
 * @returns the findings as a table, and whether an entry is left behind
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
 * @returns a record that can be attached to an issue: it has no id, name, time or text of the account
 */
export function probeRecord(
  { findings, requests, error, leftBehind }: Probe,
  { version, baseUrl, day }: { readonly version: string; readonly baseUrl: string; readonly day: string },
) {
  return {
    version,
    day,
    // An address of the user's own could identify them.
    api: CASTAI_API_URLS.includes(baseUrl) ? baseUrl : 'another address',
    requests,
    error: error?.name ?? null,
    isClean: leftBehind === null,
    findings: findings.map(({ id, found, facts }) => ({ id, found, facts })),
  };
}

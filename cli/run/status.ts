// What is blacklisted now, by whom, until when. It reads CAST AI's lists only: no feed, no policy.
import pLimit from 'p-limit';
import { connectCastAi } from '../../lambda/castai/client.ts';
import type { Entry } from '../../lambda/domain/blacklist/blacklist.ts';
import { SettingsError, type SpotBlacklistError, toSafeError } from '../../lambda/domain/errors.ts';
import { selectClusters } from '../../lambda/run/clusters.ts';
import type { CastAi, Credentials } from '../../lambda/run/ports.ts';
import type { Settings } from '../../lambda/settings/settings.ts';
import { complain, type Host, printable, problemOfWriting } from '../terminal/host.ts';
import { openTerminal } from '../terminal/terminal.ts';
import { type ListedCluster, type Status, statusDocument, statusOf } from '../views/status-view.ts';
import { readGiven, reworded } from './given.ts';
import { Interrupt } from './interrupt.ts';
import type { StatusInvocation } from './invocation.ts';

/** How many lists are read at once. */
const AT_ONCE = 5;

/**
 * Carries out `status` at a terminal.
 *
 * @returns the exit code: 0 done, 1 if a list could not be read or the status not be printed
 * @throws {SettingsError} if it cannot start; no request was sent
 * @throws {SpotBlacklistError} if no list could be read
 */
export async function statusHere(invocation: StatusInvocation, host: Host): Promise<number> {
  const { format } = invocation;
  const { stdout, stderr } = host;
  const terminal = openTerminal(host, format !== 'table');
  const { settings, credentials, wording, warnings } = await readGiven(invocation, host.env, 'clear');
  if (credentials === null)
    throw new SettingsError('There are no credentials. Set API_KEY, ORG_ID and CLUSTER_ID, or SECRET_ID.');
  for (const warning of warnings) terminal.warn(warning);

  const signal = new Interrupt(host, terminal.say).deadline.reads;
  const { status, errors } = await credentials(settings.secretId, signal)
    .then((found) => readStatus(connectCastAi(settings.castaiApiUrl, found), found, settings, signal))
    .catch((thrown): never => {
      throw reworded(toSafeError(thrown), wording);
    });
  for (const warning of status.warnings) terminal.warn(wording(warning));
  const text = statusDocument(status, format, terminal);
  const problem = await problemOfWriting(stdout, format === 'json' ? text : printable(text));
  if (problem !== null) stderr.write(`The status could not be written to stdout (${problem}).\n`);
  for (const error of errors) complain(host, reworded(error, wording));
  return errors.length > 0 || problem !== null ? 1 : 0;
}

/** @throws {SpotBlacklistError} if the clusters or the only list cannot be read */
async function readStatus(
  castai: CastAi,
  credentials: Credentials,
  settings: Settings,
  signal: AbortSignal,
): Promise<{ readonly status: Status; readonly errors: readonly SpotBlacklistError[] }> {
  const { clusterId } = credentials;
  // For one cluster, the list has everything but its name; a fleet's clusters must be found first.
  const { clusters, skipped } =
    clusterId === null
      ? await selectClusters(castai, credentials, settings, signal)
      : { clusters: [{ id: clusterId, name: null }], skipped: [] };
  const shared = await sharedEntries(castai, signal);
  const limit = pLimit(AT_ONCE);
  const read = await Promise.all(
    clusters.map(({ id, name }) =>
      limit(async (): Promise<ListedCluster | SpotBlacklistError> => {
        try {
          return { id, name, entries: [...(await castai.listEntries(id, signal)), ...shared.entries] };
        } catch (thrown) {
          return toSafeError(thrown);
        }
      }),
    ),
  );
  const errors = read.filter((one): one is SpotBlacklistError => one instanceof Error);
  if (errors[0] !== undefined && errors.length === read.length) throw errors[0];
  const warnings = [
    ...shared.warnings,
    ...skipped
      .filter(({ isGone }) => !isGone)
      .map(({ id, name, reason }) => `${name ?? id} is left out: ${reason}.`),
  ];
  const listed = read.filter((one): one is ListedCluster => !(one instanceof Error));
  return { status: statusOf(listed, settings, warnings, Date.now()), errors };
}

/** The organization-wide entries: whether a cluster's list has them too is not documented. */
async function sharedEntries(
  castai: CastAi,
  signal: AbortSignal,
): Promise<{ readonly entries: readonly Entry[]; readonly warnings: readonly string[] }> {
  try {
    return { entries: (await castai.listOrganization(signal)).shared, warnings: [] };
  } catch (thrown) {
    const { message } = toSafeError(thrown);
    return { entries: [], warnings: [`Organization-wide entries may be missing: ${message}`] };
  }
}

import { connectCastAi } from '../../lambda/castai/client.ts';
import { SettingsError, type SpotBlacklistError, toSafeError } from '../../lambda/domain/errors.ts';
import { familyOf } from '../../lambda/domain/instance-types/instance-type.ts';
import type { SpotType } from '../../lambda/domain/instance-types/spot-type.ts';
import { selectClusters } from '../../lambda/run/clusters.ts';
import type { Credentials } from '../../lambda/run/ports.ts';
import { type Clock, chooseType, EntryUnderTest } from './entry-under-test.ts';
import { Evaluation } from './evaluation.ts';
import { type Finding, finding } from './questions.ts';
import { itemsOf, RawApi, trustedItems } from './raw-api.ts';
import { findInReads, listsExpired, readEverything } from './reads.ts';
import * as writes from './writes.ts';

export interface ProbePorts {
  /** Milliseconds since 1970. */
  now(): number;
  /** Waits for this many milliseconds, or until the signal is aborted. */
  wait(milliseconds: number, signal: AbortSignal): Promise<void>;
  /** Aborts the questions, but not the removal of the probe's entry. */
  readonly signal: AbortSignal;
  /** @returns whether the probe may write */
  approve(cluster: string, instanceType: string): Promise<boolean>;
  /** Called for every finding as it is made. */
  onFound(finding: Finding): void;
  /** @returns every type of a region in the Spot Advisor feed */
  typesIn(region: string, signal: AbortSignal): Promise<readonly SpotType[]>;
  /** Whether it may take another ten minutes, to see an expiry take effect. */
  readonly mayWait: boolean;
}

export interface Probe {
  readonly findings: readonly Finding[];
  readonly requests: number;
  /** The type whose entry could not be removed; null if nothing is left. */
  readonly leftBehind: string | null;
  /** Why the probe ended early; null if it asked everything. */
  readonly error: SpotBlacklistError | null;
  readonly isApproved: boolean;
}

/**
 * Finds out how CAST AI's API behaves where it is not documented, with one entry for one type that is not in use, for Spot
 * only and for an hour at most, under a target name of its own. The entry is removed whatever happens.
 *
 * @throws {SpotBlacklistError} if the cluster is not the intended one, or no question could be asked
 */
export async function probe(baseUrl: string, credentials: Credentials, ports: ProbePorts): Promise<Probe> {
  const { clusterId, organizationId } = credentials;
  if (clusterId === null)
    throw new SettingsError('A probe needs one cluster: set CLUSTER_ID, or use a secret for one cluster.');
  const everyCluster = { operation: 'clear', region: null, clusters: [], exceptClusters: [] } as const;
  const { clusters } = await selectClusters(
    connectCastAi(baseUrl, credentials),
    credentials,
    everyCluster,
    ports.signal,
  );

  const api = new RawApi(baseUrl, credentials, ports.signal);
  const answers = await readEverything(api, { organizationId, clusterId });
  const findings: Finding[] = [];
  const found = (...made: readonly Finding[]) => {
    for (const finding of made) {
      findings.push(finding);
      ports.onFound(finding);
    }
  };
  const entries = [
    ...trustedItems(answers.list),
    ...itemsOf(answers.organization).filter((item) => !item['clusterId']),
  ];
  const region = clusters[0]?.region ?? null;
  const evaluation = new Evaluation(api, clusterId, region);
  await evaluation.ask(answers.templates);
  const blacklisted = new Set(
    entries.flatMap(({ instanceType, instanceFamily }) => [instanceType, instanceFamily]),
  );
  found(
    ...findInReads(answers),
    ...evaluation.compare(
      await typesOf(region, ports),
      (type) => blacklisted.has(type) || blacklisted.has(familyOf(type)),
    ),
  );
  const instanceType = chooseType(entries, itemsOf(answers.nodes), evaluation.types);
  const report = (facts: Partial<Probe>): Probe => {
    return { findings, requests: api.requests, leftBehind: null, error: null, isApproved: true, ...facts };
  };
  if (!(await ports.approve(clusters[0]?.name ?? clusterId, instanceType)))
    return report({ isApproved: false });

  const clock: Clock = {
    now: ports.now,
    async wait(milliseconds) {
      await ports.wait(milliseconds, ports.signal);
      ports.signal.throwIfAborted();
    },
  };
  const entry = new EntryUnderTest(api, clock, { organizationId, clusterId, instanceType });
  let error: SpotBlacklistError | null = null;
  try {
    const adding = await writes.askAboutAdding(entry);
    found(...adding);
    if (adding.length > 1) {
      const acts = await evaluation.askWhetherItActs(entry, clock);
      found(acts, await writes.askAboutAddingAgain(entry));
      found(await writes.askAboutLongReasons(entry));
      found(...(await writes.askAboutExpired(entry, clock, listsExpired(answers, ports.now()))));
      found(await writes.askForRefusal(entry));
      found(await writes.askAboutRemoving(entry));
      found(await evaluation.askWhetherExpiryIsEnforced(entry, clock, acts, ports.mayWait));
    }
    found(aboutLimits(api));
  } catch (thrown) {
    error = toSafeError(thrown);
  }
  const isClean = await cleanUp(baseUrl, credentials, ports, entry);
  return report({ leftBehind: isClean ? null : instanceType, error });
}

/** Without the feed, less can be compared. */
async function typesOf(region: string | null, { typesIn, signal }: ProbePorts) {
  if (region === null) return null;
  return typesIn(region, signal).catch(() => null);
}

/** The pause after each attempt to remove the entry, in milliseconds. */
const PAUSES = [2_000, 5_000, 10_000];

/** With a signal of its own, because the probe's may have been aborted. */
async function cleanUp(
  baseUrl: string,
  credentials: Credentials,
  ports: ProbePorts,
  { key, mayExist }: EntryUnderTest,
): Promise<boolean> {
  if (!mayExist) return true;
  const signal = AbortSignal.timeout(60_000);
  const api = new RawApi(baseUrl, credentials, signal);
  const wait = (milliseconds: number) => ports.wait(milliseconds, signal);
  const leftover = new EntryUnderTest(api, { now: ports.now, wait }, key);
  leftover.mayExist = true;
  for (const pause of PAUSES) {
    try {
      if (await leftover.removeForGood()) return true;
    } catch {
      // The list or the removal failed, and may work later.
    }
    await wait(pause).catch(() => {});
  }
  return false;
}

function aboutLimits({ limitHeaders, requests }: RawApi): Finding {
  const names = [...limitHeaders].sort().join(', ');
  return finding('rate-limit', names === '' ? 'no' : 'yes', { headers: names || null }, names || requests);
}

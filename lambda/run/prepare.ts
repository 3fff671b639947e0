import type { Settings } from '../settings/settings.ts';
import { Brake } from './brake.ts';
import { type Selection, selectClusters } from './clusters.ts';
import { Pace } from './pace.ts';
import { CLEARING, feedPlanner, type Planner, skipUnplannable } from './planner.ts';
import type { CastAi, Credentials, RunPorts } from './ports.ts';

/** What a run knows before it reads any cluster's list. */
export interface Preparation {
  readonly settings: Settings;
  readonly ports: RunPorts;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly credentials: Credentials;
  readonly castai: CastAi;
  readonly planner: Planner;
  readonly selection: Selection;
  /** Starts the writes at the configured pace. */
  readonly pace: Pace;
  readonly brake: Brake;
}

/**
 * Reads the secret and the feed, and verifies every cluster.
 *
 * @throws {SpotBlacklistError} if any of these fails as a whole
 */
export async function prepare(settings: Settings, ports: RunPorts): Promise<Preparation> {
  const startedAt = new Date(ports.now()).toISOString();
  const credentials = await ports.fetchCredentials(settings.secretId, ports.deadline.reads);
  const castai = ports.connectCastAi(settings.castaiApiUrl, credentials);
  const planner = settings.operation === 'apply' ? await feedPlanner(settings, ports) : CLEARING;
  const selection = await selectClusters(castai, credentials, settings, ports.deadline.reads);
  return {
    settings,
    ports,
    startedAt,
    credentials,
    castai,
    planner,
    selection: credentials.clusterId === null ? skipUnplannable(selection, planner) : selection,
    pace: new Pace(settings, ports),
    brake: new Brake(),
  };
}

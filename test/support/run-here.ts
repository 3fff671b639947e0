import { readOwnFigures } from '../../lambda/aws/capacity-manager.ts';
import { readCredentials } from '../../lambda/aws/secret.ts';
import { connectCastAi } from '../../lambda/castai/client.ts';
import type { RunOutcome } from '../../lambda/run/conclude.ts';
import { deadlineIn, wait } from '../../lambda/run/deadline.ts';
import type { RunPorts } from '../../lambda/run/ports.ts';
import { run } from '../../lambda/run/run.ts';
import { readSettings } from '../../lambda/settings/settings.ts';
import { variableOf } from '../../lambda/settings/table.ts';
import { fetchFeed } from '../../lambda/spot-advisor/feed.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../sandbox/sandbox.ts';
import { EIGHT_TYPES, riskyFeed } from './deployment.ts';
import { NO_GUARD_RAILS } from './plan.ts';

export interface RunHere {
  /** What the function is deployed with, by the settings' keys; on top of Linux, threshold 20, no pause. */
  readonly settings?: Record<string, unknown>;
  /** What it is invoked with. */
  readonly payload?: Record<string, unknown>;
  /** Keys of the secret, on top of the sandbox's own; undefined leaves one out. */
  readonly secret?: Record<string, unknown>;
  /** Milliseconds that the run may take; a minute if not given. */
  readonly timeout?: number;
  /** The run's clock. */
  readonly now?: () => number;
  /** How the run waits for a list that lags. */
  readonly wait?: RunPorts['wait'];
  /** Where own evidence comes from, instead of AWS as this process's environment has it. */
  readonly readOwnFigures?: RunPorts['readOwnFigures'];
}

/** One run in this process, with the function's own adapters, over the sandbox's sockets. */
export async function runHere(
  sandbox: Sandbox,
  { settings: deployed, payload, secret, timeout = 60_000, now = Date.now, ...ports }: RunHere = {},
): Promise<RunOutcome> {
  const given = { os: 'Linux', interruptionThreshold: 20, batchPause: 0, ...deployed };
  const environment = Object.fromEntries(
    Object.entries(given).map(([key, value]) => [variableOf(key), String(value)]),
  );
  const settings = readSettings({ ...sandbox.environment, ...environment }, payload);
  const keys = {
    'api-key': sandbox.castai.apiKey,
    'org-id': sandbox.castai.organizationId,
    'cluster-id': sandbox.castai.clusters[0]?.id,
    ...secret,
  };
  return run(settings, {
    fetchCredentials: async (secretId) => readCredentials(JSON.stringify(keys), secretId),
    fetchFeed,
    readOwnFigures: ports.readOwnFigures ?? readOwnFigures,
    connectCastAi,
    now,
    wait: ports.wait ?? wait,
    deadline: deadlineIn(timeout),
  });
}

/** A sandbox whose feed has just these types, all of them risky. */
export async function startRisky(types = EIGHT_TYPES, options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox(options);
  sandbox.feed.replace(riskyFeed(types));
  return sandbox;
}

/** One run for a feed of a few types: without guard rails, and, unless given a `wait`, with no time for a list to settle. */
export function runSmall(sandbox: Sandbox, { settings, ...options }: RunHere = {}): Promise<RunOutcome> {
  return runHere(sandbox, { wait: async () => {}, ...options, settings: { ...NO_GUARD_RAILS, ...settings } });
}

/** Every EKS cluster of the organization. */
export const FLEET = { 'cluster-id': '*' };

/** The paths and bodies of the writes that CAST AI has seen. */
export function writesSeenBy(sandbox: Sandbox) {
  return sandbox.requests.filter(({ route }) => route === 'add' || route === 'remove');
}

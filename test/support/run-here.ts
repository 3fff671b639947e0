import type { Sandbox } from '../../cli/sandbox/sandbox.ts';
import { readCredentials } from '../../lambda/aws/secret.ts';
import { connectCastAi } from '../../lambda/castai/client.ts';
import type { RunOutcome } from '../../lambda/run/conclude.ts';
import { deadlineIn, wait } from '../../lambda/run/deadline.ts';
import type { RunPorts } from '../../lambda/run/ports.ts';
import { run } from '../../lambda/run/run.ts';
import { readSettings } from '../../lambda/settings/settings.ts';
import { variableOf } from '../../lambda/settings/table.ts';
import { fetchFeed } from '../../lambda/spot-advisor/feed.ts';

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
    connectCastAi,
    now,
    wait: ports.wait ?? wait,
    deadline: deadlineIn(timeout),
  });
}

/** Every EKS cluster of the organization. */
export const FLEET = { 'cluster-id': '*' };

/** The paths and bodies of the writes that CAST AI has seen. */
export function writesSeenBy(sandbox: Sandbox) {
  return sandbox.requests.filter(({ route }) => route === 'add' || route === 'remove');
}

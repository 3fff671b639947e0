import { devNull } from 'node:os';
import { basename } from 'node:path';
import { plainText } from '../../lambda/input/plain-text.ts';
import type { Caller } from '../../lambda/settings/settings.ts';
import { readSettings, type Settings } from '../../lambda/settings/settings.ts';
import { flagOf } from '../run/flags.ts';
import { readFeedFile } from '../run/text-file.ts';
import { equip, recordMachines } from './cluster.ts';
import { DEFAULT_FEED_FILE } from './sandbox/aws/feed.ts';
import type { SandboxRequest } from './sandbox/http/exchange.ts';
import type { Route } from './sandbox/http/routes.ts';
import type { PlainSandbox } from './sandbox/sandbox.ts';

/** The demonstration's settings and feed. */
export interface Case {
  /** The settings that were typed, or their defaults, by variable. The user's own variables do not count. */
  readonly flags: Readonly<Record<string, string>>;
  /** The feed that the stand-in serves; null for the one that comes with it. */
  readonly feed: string | null;
  /** Whether AWS's own feed is used instead. */
  readonly live: boolean;
}

/** A local AWS and CAST AI, and the environment that points a run at them. */
export interface StandIn<Sandbox extends PlainSandbox = PlainSandbox> {
  readonly sandbox: Sandbox;
  /** The function's environment, as if it were deployed for this case. */
  readonly environment: Readonly<Record<string, string>>;
  readonly settings: Settings;
  /** For the user. */
  readonly feedName: string;
}

const CALLER: Caller = {
  needsSecret: false,
  refused: [],
  nameOf: flagOf,
  alternative: () => '',
  advice: '--help explains the flags.',
};

/**
 * Starts the stand-in for a case. Its sandbox is the caller's to close.
 *
 * @param start makes the sandbox
 * @throws {SettingsError} if a flag is wrong, or the feed file cannot be served; nothing is left running
 */
export async function startStandIn<Sandbox extends PlainSandbox>(
  { flags, feed, live }: Case,
  start: (region?: string) => Promise<Sandbox>,
): Promise<StandIn<Sandbox>> {
  const { region } = readSettings(flags, {}, CALLER);
  const saved = feed === null ? null : await readFeedFile(feed);
  const sandbox = await start(region ?? undefined);
  if (saved !== null) sandbox.feed.replace(saved);
  // The user knows that a stored feed is old.
  sandbox.feed.lastModified = undefined;
  equip(sandbox);
  if (region !== null) recordMachines(sandbox, region);
  const { SPOT_ADVISOR_URL: feedUrl = '', ...addresses } = sandbox.environment;
  // Without an address the feed is AWS's own.
  const environment = { ...addresses, ...flags, ...(!live && { SPOT_ADVISOR_URL: feedUrl }) };
  return {
    sandbox,
    environment,
    settings: readSettings(environment, {}, CALLER),
    feedName: live ? "AWS's own feed" : `Feed ${plainText(basename(feed ?? DEFAULT_FEED_FILE))}`,
  };
}

/** Points the AWS SDK of this process, which reads the environment, at the stand-in, and removes the user's settings. */
export function pointSdkAt({ environment }: StandIn): void {
  for (const name of Object.keys(process.env)) if (/^AWS_/i.test(name)) delete process.env[name];
  Object.assign(process.env, environment, {
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    // The SDK's warning about old versions of Node.js is for real runs.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  });
}

/** @returns how many of the requests read from CAST AI, and how many write to it */
export function countCastAiRequests(requests: readonly SandboxRequest[]): { reads: number; writes: number } {
  const among = (routes: readonly Route[]) =>
    requests.filter(({ route }) => routes.some((one) => one === route)).length;
  return {
    reads: among(['list', 'cluster', 'clusters', 'templates', 'nodes', 'policies']),
    writes: among(['add', 'remove']),
  };
}

import * as v from 'valibot';
import { isRecord } from './json.ts';
import { type Caller, described, FUNCTION, unusable } from './setting-problems.ts';
import { address, flag, globs, numeric, whole, within, word } from './setting-rules.ts';

/** What one run may blacklist, and how far it may go. */
export interface Policy {
  /** The interruption percentage that the user tolerates: from 0 to below 100. */
  readonly interruptionThreshold: number;
  /** How long an entry lasts, in hours: 1 to 168. */
  readonly blacklistHours: number;
  /** The floor: how many types of each CPU architecture stay available. 0 switches it off. */
  readonly minTypesPerArchitecture: number;
  /** The floor: how many families of each CPU architecture stay available. 0 switches it off. */
  readonly minFamiliesPerArchitecture: number;
  /** The ceiling: the share of the region's types that may be blacklisted, 0 to 1. */
  readonly maxBlacklistShare: number;
  /** Type globs that are never blacklisted; they win over `alwaysBlacklist`. */
  readonly neverBlacklist: readonly string[];
  /** Type globs that are blacklisted whatever their band. */
  readonly alwaysBlacklist: readonly string[];
  /** Whether own entries of types that are no longer risky are removed instead of left to lapse. */
  readonly releaseCalm: boolean;
}

interface CommonSettings {
  /** Name or ARN of the secret with the CAST AI credentials; empty where they come from elsewhere. */
  readonly secretId: string;
  /** AWS region of the clusters, or null for each cluster's own. */
  readonly region: string | null;
  /** Marks own entries, so that several targets can share a cluster. */
  readonly targetName: string;
  readonly dryRun: boolean;
  /** Requests that start per pause, and that are under way at once. */
  readonly batchSize: number;
  /** Seconds; 0 is no pause. */
  readonly batchPause: number;
  readonly castaiApiUrl: string;
  readonly spotAdvisorUrl: string;
}

export interface ApplySettings extends CommonSettings {
  readonly operation: 'apply';
  /** The feed's name of the operating system, in any case. */
  readonly os: string;
  readonly policy: Policy;
}

export interface ClearSettings extends CommonSettings {
  readonly operation: 'clear';
}

/** Everything that a run is told, checked. */
export type Settings = ApplySettings | ClearSettings;

/** The CAST AI API's addresses: US, EU, India. */
export const CASTAI_API_URLS = ['https://api.cast.ai', 'https://api.eu.cast.ai', 'https://api.india.cast.ai'];

export const OPERATIONS = ['apply', 'clear'] as const;

const rules = {
  operation: v.picklist(OPERATIONS, 'must be "apply" or "clear"'),
  // The name is shown in logs and errors, so the key itself must not pass for one.
  secretId: word(
    /^(?!castai_v\d+_)[\w/+=.@:!-]{1,2048}$/i,
    "a secret's name or ARN, and not the API key itself",
  ),
  targetName: word(/^[a-z0-9][a-z0-9._-]{0,63}$/i, 'up to 64 letters, digits, dots, underscores and hyphens'),
  region: word(/^[a-zA-Z0-9-]{1,32}$/, 'an AWS region such as us-east-1'),
  os: word(/^[\w ./-]{1,32}$/, 'an operating system of the feed such as Linux'),
  interruptionThreshold: numeric('a percentage from 0 to below 100', (value) => value >= 0 && value < 100),
  blacklistHours: numeric('a number of hours from 1 to 168', within(1, 168)),
  dryRun: flag(),
  batchSize: numeric('a whole number of requests from 1 to 100', whole(1, 100)),
  batchPause: numeric('a number of seconds from 0 to 300', within(0, 300)),
  minTypesPerArchitecture: numeric('a whole number of types, 0 or more', whole(0)),
  minFamiliesPerArchitecture: numeric('a whole number of families, 0 or more', whole(0)),
  maxBlacklistShare: numeric('a share from 0 to 1', within(0, 1)),
  neverBlacklist: globs(),
  alwaysBlacklist: globs(),
  releaseCalm: flag(),
};

/** The settings that a payload may hold, each by its key; every one is optional. */
export const payloadSchema = v.object({
  operation: v.exactOptional(rules.operation),
  secretId: v.exactOptional(rules.secretId.value),
  targetName: v.exactOptional(rules.targetName.value),
  region: v.exactOptional(rules.region.value),
  os: v.exactOptional(rules.os.value),
  interruptionThreshold: v.exactOptional(rules.interruptionThreshold.value),
  blacklistHours: v.exactOptional(rules.blacklistHours.value),
  dryRun: v.exactOptional(rules.dryRun.value),
  batchSize: v.exactOptional(rules.batchSize.value),
  batchPause: v.exactOptional(rules.batchPause.value),
  minTypesPerArchitecture: v.exactOptional(rules.minTypesPerArchitecture.value),
  minFamiliesPerArchitecture: v.exactOptional(rules.minFamiliesPerArchitecture.value),
  maxBlacklistShare: v.exactOptional(rules.maxBlacklistShare.value),
  neverBlacklist: v.exactOptional(rules.neverBlacklist.value),
  alwaysBlacklist: v.exactOptional(rules.alwaysBlacklist.value),
  releaseCalm: v.exactOptional(rules.releaseCalm.value),
});

const environmentSchema = v.object({
  SECRET_ID: v.optional(rules.secretId.text),
  TARGET_NAME: v.optional(rules.targetName.text, 'default'),
  REGION: v.optional(rules.region.text),
  OS: v.optional(rules.os.text),
  INTERRUPTION_THRESHOLD: v.optional(rules.interruptionThreshold.text),
  BLACKLIST_HOURS: v.optional(rules.blacklistHours.text, '5'),
  DRY_RUN: v.optional(rules.dryRun.text, 'false'),
  BATCH_SIZE: v.optional(rules.batchSize.text, '10'),
  BATCH_PAUSE: v.optional(rules.batchPause.text, '5'),
  MIN_TYPES_PER_ARCHITECTURE: v.optional(rules.minTypesPerArchitecture.text, '15'),
  MIN_FAMILIES_PER_ARCHITECTURE: v.optional(rules.minFamiliesPerArchitecture.text, '5'),
  MAX_BLACKLIST_SHARE: v.optional(rules.maxBlacklistShare.text, '0.9'),
  NEVER_BLACKLIST: v.optional(rules.neverBlacklist.text, ''),
  ALWAYS_BLACKLIST: v.optional(rules.alwaysBlacklist.text, ''),
  RELEASE_CALM: v.optional(rules.releaseCalm.text, 'false'),
  CASTAI_API_URL: v.optional(
    v.pipe(
      address(`${CASTAI_API_URLS.join(', ')}, or http:// on loopback`, ({ href }) =>
        CASTAI_API_URLS.includes(href.replace(/\/$/, '')),
      ),
      v.transform((url) => url.replace(/\/+$/, '')),
    ),
    'https://api.cast.ai',
  ),
  SPOT_ADVISOR_URL: v.optional(
    address('an https:// address, or http:// on loopback', ({ protocol }) => protocol === 'https:'),
    'https://spot-bid-advisor.s3.amazonaws.com/spot-advisor-data.json',
  ),
});

/** The keys of EventBridge's own event, which a rule without a constant input sends. */
const ENVELOPE_KEYS = [
  'version',
  'id',
  'detail-type',
  'source',
  'account',
  'time',
  'region',
  'resources',
  'detail',
];

/**
 * Reads what a run is told: the payload first, then the environment, then the defaults.
 *
 * @param environment the function's environment variables
 * @param payload what the function was invoked with: an object of settings, EventBridge's scheduled event,
 *   or nothing
 * @param caller the function itself, if not given
 * @throws {SettingsError} that names every problem at once, each by its variable or key, and no value
 */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  payload: unknown,
  caller: Caller = FUNCTION,
): Settings {
  const overrides = overridesIn(payload);
  const fromPayload = v.safeParse(payloadSchema, overrides);
  const fromEnvironment = v.safeParse(environmentSchema, environment);
  const problems = [
    ...(fromEnvironment.issues ?? []).map((issue) => described(issue, caller.nameOf)),
    ...(fromPayload.issues ?? []).map((issue) => `payload key ${described(issue)}`),
    ...unknownKeys(overrides),
  ];
  // A value that is there but wrong is not missing as well.
  const given = (key: string, variable: string) =>
    Object.hasOwn(overrides, key) || environment[variable] !== undefined;
  const need = (key: string, variable: string) => {
    if (!given(key, variable))
      problems.push(`${caller.nameOf(variable)} is not set${caller.alternative(key)}`);
  };
  if (caller.needsSecret) need('secretId', 'SECRET_ID');
  if (overrides['operation'] !== 'clear') {
    need('os', 'OS');
    need('interruptionThreshold', 'INTERRUPTION_THRESHOLD');
  }
  if (problems.length > 0 || !fromPayload.success || !fromEnvironment.success)
    throw unusable(problems, caller);
  return merged(fromEnvironment.output, fromPayload.output);
}

function merged(
  variables: v.InferOutput<typeof environmentSchema>,
  overrides: v.InferOutput<typeof payloadSchema>,
): Settings {
  const os = overrides.os ?? variables.OS;
  const interruptionThreshold = overrides.interruptionThreshold ?? variables.INTERRUPTION_THRESHOLD;
  const common = {
    secretId: overrides.secretId ?? variables.SECRET_ID ?? '',
    region: (overrides.region ?? variables.REGION)?.toLowerCase() ?? null,
    targetName: overrides.targetName ?? variables.TARGET_NAME,
    dryRun: overrides.dryRun ?? variables.DRY_RUN,
    batchSize: overrides.batchSize ?? variables.BATCH_SIZE,
    batchPause: overrides.batchPause ?? variables.BATCH_PAUSE,
    castaiApiUrl: variables.CASTAI_API_URL,
    spotAdvisorUrl: variables.SPOT_ADVISOR_URL,
  };
  if (overrides.operation === 'clear') return { ...common, operation: 'clear' };
  if (os === undefined || interruptionThreshold === undefined)
    throw unusable(['OS or INTERRUPTION_THRESHOLD is not set']);
  return {
    ...common,
    operation: 'apply',
    os,
    policy: {
      interruptionThreshold,
      blacklistHours: overrides.blacklistHours ?? variables.BLACKLIST_HOURS,
      minTypesPerArchitecture: overrides.minTypesPerArchitecture ?? variables.MIN_TYPES_PER_ARCHITECTURE,
      minFamiliesPerArchitecture:
        overrides.minFamiliesPerArchitecture ?? variables.MIN_FAMILIES_PER_ARCHITECTURE,
      maxBlacklistShare: overrides.maxBlacklistShare ?? variables.MAX_BLACKLIST_SHARE,
      neverBlacklist: overrides.neverBlacklist ?? variables.NEVER_BLACKLIST,
      alwaysBlacklist: overrides.alwaysBlacklist ?? variables.ALWAYS_BLACKLIST,
      releaseCalm: overrides.releaseCalm ?? variables.RELEASE_CALM,
    },
  };
}

/** What the payload overrides; `{}` where it is nothing, or the event of a rule without a constant input. */
function overridesIn(payload: unknown): Record<string, unknown> {
  if (payload === undefined || payload === null) return {};
  if (!isRecord(payload)) throw unusable(['the payload must be a JSON object such as {"dryRun": true}']);
  const isScheduledEvent =
    payload['detail-type'] === 'Scheduled Event' &&
    (payload['source'] === 'aws.events' || payload['source'] === 'aws.scheduler') &&
    Object.keys(payload).every((key) => ENVELOPE_KEYS.includes(key));
  return isScheduledEvent ? {} : payload;
}

/** valibot's own strict objects stop at the first unknown key; a user wants to hear of all. */
function unknownKeys(overrides: Record<string, unknown>): string[] {
  const known = Object.keys(payloadSchema.entries);
  const plain = (key: string) => key.toLowerCase().replaceAll(/[_-]/g, '');
  return Object.keys(overrides)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const meant = known.find((candidate) => plain(candidate) === plain(key));
      const shown = JSON.stringify(key.slice(0, 64));
      return `payload key ${shown} is not known${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
    });
}

import * as v from 'valibot';
import type { Policy } from '../domain/policy.ts';
import { isRecord } from '../input/json.ts';
import { nearestName } from '../input/near-names.ts';
import { type Caller, described, FUNCTION, unusable } from './problems.ts';
import { environmentSchema, payloadSchema } from './schemas.ts';

interface CommonSettings {
  /** Name or ARN of the secret with the CAST AI credentials; empty where they come from elsewhere. */
  readonly secretId: string;
  /** AWS region of the clusters, or null for each cluster's own. */
  readonly region: string | null;
  /** Marks own entries, so that several targets can share a cluster. */
  readonly targetName: string;
  /** What the target was called before: its entries count as own. Null if it was not renamed. */
  readonly formerTargetName: string | null;
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

/** What only applying asks for. */
const POLICY_VARIABLES = [
  'OS',
  'INTERRUPTION_THRESHOLD',
  'BLACKLIST_HOURS',
  'MIN_TYPES_PER_ARCHITECTURE',
  'MIN_FAMILIES_PER_ARCHITECTURE',
  'MAX_BLACKLIST_SHARE',
  'NEVER_BLACKLIST',
  'ALWAYS_BLACKLIST',
  'RELEASE_CALM',
];

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
  const fromEnvironment = v.safeParse(environmentSchema, whatCounts(environment, overrides));
  const problems = [
    ...(fromEnvironment.issues ?? []).map((issue) => described(issue, caller.nameOf)),
    ...(fromPayload.issues ?? []).map((issue) => `payload key ${described(issue)}`),
    ...unknownKeys(overrides),
    ...mistypedVariables(environment),
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

/** @returns the settings as they are logged: of addresses only the origin, because a query or a path may hold a token */
export function loggedSettings(settings: Settings): Settings {
  const { castaiApiUrl, spotAdvisorUrl } = settings;
  return {
    ...settings,
    castaiApiUrl: new URL(castaiApiUrl).origin,
    spotAdvisorUrl: new URL(spotAdvisorUrl).origin,
  };
}

/**
 * The variables that the payload does not override, and for `clear` without the policy: the way out of trouble must
 * not be closed by the setting that made the trouble.
 */
function whatCounts(
  environment: Readonly<Record<string, string | undefined>>,
  overrides: Readonly<Record<string, unknown>>,
): Record<string, string | undefined> {
  const keyOf = (variable: string) =>
    variable.toLowerCase().replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  // A key that a payload cannot have overrides nothing; it is a problem beside that of its variable.
  const isOverridden = (key: string) =>
    Object.hasOwn(payloadSchema.entries, key) && Object.hasOwn(overrides, key);
  const counts = (variable: string) =>
    !isOverridden(keyOf(variable)) &&
    !(overrides['operation'] === 'clear' && POLICY_VARIABLES.includes(variable));
  return Object.fromEntries(Object.entries(environment).filter(([variable]) => counts(variable)));
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
    formerTargetName: overrides.formerTargetName ?? variables.FORMER_TARGET_NAME ?? null,
    dryRun: overrides.dryRun ?? variables.DRY_RUN,
    batchSize: overrides.batchSize ?? variables.BATCH_SIZE,
    batchPause: overrides.batchPause ?? variables.BATCH_PAUSE,
    castaiApiUrl: variables.CASTAI_API_URL,
    spotAdvisorUrl: variables.SPOT_ADVISOR_URL,
  };
  if (overrides.operation === 'clear') return { ...common, operation: 'clear' };
  // Refused before; only the compiler does not know.
  if (os === undefined || interruptionThreshold === undefined)
    throw unusable(['OS or INTERRUPTION_THRESHOLD']);
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
    // A detail would be ignored, whatever was meant by it.
    Object.keys(payload['detail'] ?? {}).length === 0 &&
    Object.keys(payload).every((key) => ENVELOPE_KEYS.includes(key));
  return isScheduledEvent ? {} : payload;
}

/**
 * valibot's own strict objects stop at the first unknown key; a user wants to see all. A key is shown only if it is
 * nothing but letters: somebody may have pasted an API key in its place.
 */
function unknownKeys(overrides: Record<string, unknown>): string[] {
  const known = Object.keys(payloadSchema.entries);
  return Object.keys(overrides)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const shown = /^[a-z][a-z_-]{0,31}$/i.test(key) ? ` "${key}"` : '';
      const meant = nearestName(key, known);
      return `payload key${shown} is not known${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
    });
}

/** Variables that are nearly ours: a mistyped DRY_RUN or NEVER_BLACKLIST must not go unnoticed. */
function mistypedVariables(environment: Readonly<Record<string, string | undefined>>): string[] {
  const known = Object.keys(environmentSchema.entries);
  return Object.keys(environment)
    .filter((variable) => environment[variable] !== undefined && !known.includes(variable))
    .flatMap((variable) => {
      const meant = nearestName(variable, known);
      // It is near to a known name, so it can be shown.
      return meant === undefined ? [] : [`${variable} is not a setting; did you mean ${meant}?`];
    });
}

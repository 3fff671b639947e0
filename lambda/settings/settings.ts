import * as v from 'valibot';
import type { Policy } from '../domain/decision.ts';
import { SettingsError } from '../domain/errors.ts';
import { shortList } from '../domain/words.ts';
import { isRecord } from '../input/json.ts';
import { nearestName, suggestion } from '../input/near-names.ts';
import type { Setting } from './rules.ts';
import { type ListedSetting, SETTING_LIST, type SETTINGS } from './table.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Overrides = Readonly<Record<string, unknown>>;

type Rows = typeof SETTINGS;
type Default<Row> = Row extends { readonly default: infer D } ? D : never;
/** The value of every setting. */
type Values = { readonly [K in keyof Rows]: v.InferOutput<Rows[K]['rule']['value']> | Default<Rows[K]> };
type InScope<S extends Setting['scope']> = {
  readonly [K in keyof Rows as Rows[K]['scope'] extends S ? K : never]: Values[K];
};

/** The settings of scope `policy` that a run needs, and a plan does not. */
type OwnEvidenceSettings = Pick<
  Values,
  'ownEvidence' | 'ownEvidenceDays' | 'ownEvidenceRatio' | 'ownEvidenceRegion'
>;

export interface ApplySettings extends InScope<'run' | 'connection'>, OwnEvidenceSettings {
  readonly operation: 'apply';
  readonly os: string;
  readonly policy: Policy;
}

export interface ClearSettings extends InScope<'run' | 'connection'> {
  readonly operation: 'clear';
}

/** A run's validated settings. `secretId` is empty if the credentials come from elsewhere. */
export type Settings = ApplySettings | ClearSettings;

/** Who reads the settings: how messages name them, and whether a secret is required. */
export interface Caller {
  readonly needsSecret: boolean;
  /** A variable's name in a message. */
  nameOf(variable: string): string;
  /** Variables that must not be set; neither must any with a similar name. */
  readonly refused: readonly string[];
  /** Another way to set it, in brackets after its name; empty if there is none. */
  alternative(key: string): string;
  /** How to fix problems, in one sentence. */
  readonly advice: string;
}

/** The variables of the credentials, where they are not in a secret. */
export const CREDENTIAL_VARIABLES = ['API_KEY', 'ORG_ID', 'CLUSTER_ID'] as const;

/** The Lambda function, which has an environment and a payload. */
export const FUNCTION: Caller = {
  needsSecret: true,
  // Anyone who may read the function's configuration would see the key.
  refused: CREDENTIAL_VARIABLES,
  nameOf: (variable) => variable,
  alternative: (key) => ` (in the payload of a dry run: ${key})`,
  advice: "Correct the function's environment or the payload.",
};

/** The keys of EventBridge's scheduled event, which a rule without a constant input sends. */
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

const VARIABLES = SETTING_LIST.filter(({ rule }) => rule.text !== null).map(({ variable }) => variable);

/** @returns whether a setting has this variable */
export function isSettingVariable(name: string): boolean {
  return VARIABLES.includes(name);
}

/**
 * Reads a run's settings: from the payload, else the environment, else the defaults. In a payload, all but `operation` and
 * `dryRun` need `dryRun: true`: a caller of the function can look, run what is deployed, or clear its entries.
 *
 * @param environment the function's environment variables
 * @param payload the function's payload: an object of settings, EventBridge's scheduled event,
 *   or nothing
 * @param caller the Lambda function by default
 * @throws {SettingsError} that lists all problems, each by its variable or key, without values
 */
export function readSettings(
  environment: Environment,
  payload: unknown,
  caller: Caller = FUNCTION,
): Settings {
  const { values, problems } = readAll(environment, overridesIn(payload), caller);
  if (problems.length > 0) throw unusable(problems, caller);
  return settingsFrom(values as Values);
}

/**
 * Reads only the valid settings, for the event of a run that fails because of its settings.
 *
 * @returns each setting by itself; undefined if it is missing or invalid
 */
export function readableSettings(environment: Environment, payload: unknown): Partial<Values> {
  const overrides = isRecord(payload) ? overridesIn(payload) : {};
  return readAll(environment, overrides, FUNCTION).values;
}

function readAll(
  environment: Environment,
  overrides: Overrides,
  caller: Caller,
): { values: Partial<Values>; problems: string[] } {
  const isClear = overrides['operation'] === 'clear';
  const problems = [
    ...unknownKeys(overrides),
    ...whatIfsOf(overrides),
    ...mistypedVariables(environment),
    ...refusedVariables(environment, caller),
  ];
  const checked = (name: string, schema: v.GenericSchema, given: unknown): unknown => {
    const { success, issues = [], output } = v.safeParse(schema, given);
    problems.push(...issues.map((issue) => described(name, issue)));
    return success ? output : undefined;
  };
  const read = ({ key, variable, rule, scope, inPayload, default: value }: ListedSetting): unknown => {
    if (inPayload !== 'never' && Object.hasOwn(overrides, key))
      return checked(`payload key ${key}`, rule.value, overrides[key]);
    // Clearing needs no policy, and an invalid one must not block it.
    if (isClear && scope === 'policy') return undefined;
    const text = environment[variable];
    if (rule.text !== null && text !== undefined) return checked(caller.nameOf(variable), rule.text, text);
    if (value !== undefined) return value;
    if (key === 'secretId' && !caller.needsSecret) return '';
    problems.push(`${caller.nameOf(variable)} is not set${caller.alternative(key)}`);
    return undefined;
  };
  const values = Object.fromEntries(SETTING_LIST.map((setting) => [setting.key, read(setting)]));
  return { values, problems };
}

/** @returns the settings for the log, with only the origin of addresses: a path or query may contain a token */
export function loggedSettings(settings: Settings): Settings {
  const { castaiApiUrl, spotAdvisorUrl } = settings;
  return {
    ...settings,
    castaiApiUrl: new URL(castaiApiUrl).origin,
    spotAdvisorUrl: new URL(spotAdvisorUrl).origin,
  };
}

function settingsFrom(values: Values): Settings {
  const common = { ...inScope(values, 'run'), ...inScope(values, 'connection') };
  if (values.operation === 'clear') return { ...common, operation: 'clear' };
  const { os, ownEvidence, ownEvidenceDays, ownEvidenceRatio, ownEvidenceRegion, ...policy } = inScope(
    values,
    'policy',
  );
  const evidence = { ownEvidence, ownEvidenceDays, ownEvidenceRatio, ownEvidenceRegion };
  return { ...common, ...evidence, operation: 'apply', os, policy };
}

function inScope<S extends Setting['scope']>(values: Values, scope: S): InScope<S> {
  const keys = SETTING_LIST.filter((setting) => setting.scope === scope).map(({ key }) => key);
  return Object.fromEntries(Object.entries(values).filter(([key]) => keys.includes(key))) as InScope<S>;
}

/** What the payload overrides; `{}` if it is empty, or the event of a rule without a constant input. */
function overridesIn(payload: unknown): Overrides {
  if (payload === undefined || payload === null) return {};
  if (!isRecord(payload)) throw unusable(['the payload must be a JSON object such as {"dryRun": true}']);
  const isScheduledEvent =
    payload['detail-type'] === 'Scheduled Event' &&
    (payload['source'] === 'aws.events' || payload['source'] === 'aws.scheduler') &&
    // A detail would be silently ignored.
    Object.keys(payload['detail'] ?? {}).length === 0 &&
    Object.keys(payload).every((key) => ENVELOPE_KEYS.includes(key));
  return isScheduledEvent ? {} : payload;
}

/**
 * valibot's strict objects report only the first unknown key; a user wants to see all. A key is shown only if it
 * consists of letters, hyphens and underscores: it may be a pasted API key.
 */
function unknownKeys(overrides: Overrides): string[] {
  const known = SETTING_LIST.filter(({ inPayload }) => inPayload !== 'never').map(({ key }) => key);
  return Object.keys(overrides)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const shown = /^[a-z][a-z_-]{0,31}$/i.test(key) ? ` "${key}"` : '';
      return `payload key${shown} is not known${suggestion(key, known)}`;
    });
}

/** The what-ifs in the payload of a live run. */
function whatIfsOf(overrides: Overrides): string[] {
  if (overrides['dryRun'] === true) return [];
  const keys = SETTING_LIST.filter(({ inPayload }) => inPayload === 'what-if').map(({ key }) => key);
  return keys
    .filter((key) => Object.hasOwn(overrides, key))
    .map((key) => `payload key ${key} is for dry runs only: it needs "dryRun": true beside it`);
}

/** Credentials in the environment. A similar name may be shown. */
function refusedVariables(environment: Environment, { refused }: Caller): string[] {
  return Object.keys(environment)
    .filter((variable) => environment[variable] !== undefined && !VARIABLES.includes(variable))
    .filter((variable) => nearestName(variable, refused) !== undefined)
    .map((variable) => `${variable} must not be set: credentials belong in the secret`);
}

/** Variables that resemble a setting's: a mistyped DRY_RUN or NEVER_BLACKLIST must not go unnoticed. */
function mistypedVariables(environment: Environment): string[] {
  const known: readonly string[] = [...VARIABLES, ...CREDENTIAL_VARIABLES];
  return Object.keys(environment)
    .filter((variable) => environment[variable] !== undefined && !known.includes(variable))
    .flatMap((variable) => {
      const meant = suggestion(variable, VARIABLES);
      // Close to a known name, so it can be shown.
      return meant === '' ? [] : [`${variable} is not a setting${meant}`];
    });
}

/** The place and the rule; never valibot's own message, which quotes the value. */
function described(name: string, issue: v.BaseIssue<unknown>): string {
  const inside = v.getDotPath(issue);
  return `${name}${inside === null ? '' : `.${inside}`} ${issue.message}`;
}

/** The error that names all problems at once. */
function unusable(problems: readonly string[], { advice } = FUNCTION): SettingsError {
  return new SettingsError(
    `The settings cannot be used, so nothing was done: ${shortList(problems, '; ')}. ${advice}`,
  );
}

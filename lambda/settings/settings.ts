import * as v from 'valibot';
import type { Policy } from '../domain/policy.ts';
import { isRecord } from '../input/json.ts';
import { nearestName } from '../input/near-names.ts';
import { type Caller, described, FUNCTION, unusable } from './problems.ts';
import { type ListedSetting, SETTING_LIST, type SETTINGS, type Setting } from './table.ts';

type Environment = Readonly<Record<string, string | undefined>>;
type Overrides = Readonly<Record<string, unknown>>;

type Rows = typeof SETTINGS;
type Default<Row> = Row extends { readonly default: infer D } ? D : never;
/** What every setting comes to. */
type Values = { readonly [K in keyof Rows]: v.InferOutput<Rows[K]['rule']['value']> | Default<Rows[K]> };
type InScope<S extends Setting['scope']> = {
  readonly [K in keyof Rows as Rows[K]['scope'] extends S ? K : never]: Values[K];
};

export interface ApplySettings extends InScope<'run' | 'connection'> {
  readonly operation: 'apply';
  readonly os: string;
  readonly policy: Policy;
}

export interface ClearSettings extends InScope<'run' | 'connection'> {
  readonly operation: 'clear';
}

/** Everything that a run is told, checked. `secretId` is empty where the credentials come from elsewhere. */
export type Settings = ApplySettings | ClearSettings;

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
  environment: Environment,
  payload: unknown,
  caller: Caller = FUNCTION,
): Settings {
  const { values, problems } = readAll(environment, overridesIn(payload), caller);
  if (problems.length > 0) throw unusable(problems, caller);
  return settingsFrom(values as Values);
}

/**
 * What can be read where not everything can: for the event of a run that fails because of its settings.
 *
 * @returns each setting by itself; undefined where it is missing or wrong
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
  const problems = [...unknownKeys(overrides), ...mistypedVariables(environment)];
  const checked = (name: string, schema: v.GenericSchema, given: unknown): unknown => {
    const { success, issues = [], output } = v.safeParse(schema, given);
    problems.push(...issues.map((issue) => described(name, issue)));
    return success ? output : undefined;
  };
  const read = ({ key, variable, rule, scope, inPayload, default: value }: ListedSetting): unknown => {
    if (inPayload !== 'never' && Object.hasOwn(overrides, key))
      return checked(`payload key ${key}`, rule.value, overrides[key]);
    // Clearing needs no policy, and a setting that caused trouble must not block it.
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

/** @returns the settings as they are logged: of addresses only the origin, because a query or a path may hold a token */
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
  const { os, ...policy } = inScope(values, 'policy');
  return { ...common, operation: 'apply', os, policy };
}

function inScope<S extends Setting['scope']>(values: Values, scope: S): InScope<S> {
  const keys = SETTING_LIST.filter((setting) => setting.scope === scope).map(({ key }) => key);
  return Object.fromEntries(Object.entries(values).filter(([key]) => keys.includes(key))) as InScope<S>;
}

/** What the payload overrides; `{}` where it is nothing, or the event of a rule without a constant input. */
function overridesIn(payload: unknown): Overrides {
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
function unknownKeys(overrides: Overrides): string[] {
  const known = SETTING_LIST.filter(({ inPayload }) => inPayload !== 'never').map(({ key }) => key);
  return Object.keys(overrides)
    .filter((key) => !known.includes(key))
    .map((key) => {
      const shown = /^[a-z][a-z_-]{0,31}$/i.test(key) ? ` "${key}"` : '';
      const meant = nearestName(key, known);
      return `payload key${shown} is not known${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
    });
}

/** Variables that are nearly ours: a mistyped DRY_RUN or NEVER_BLACKLIST must not go unnoticed. */
function mistypedVariables(environment: Environment): string[] {
  const known = SETTING_LIST.filter(({ rule }) => rule.text !== null).map(({ variable }) => variable);
  return Object.keys(environment)
    .filter((variable) => environment[variable] !== undefined && !known.includes(variable))
    .flatMap((variable) => {
      const meant = nearestName(variable, known);
      // It is near to a known name, so it can be shown.
      return meant === undefined ? [] : [`${variable} is not a setting; did you mean ${meant}?`];
    });
}

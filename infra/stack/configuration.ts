import * as v from 'valibot';
import { isRecord } from '../../lambda/input/json.ts';
import { nearestName } from '../../lambda/input/near-names.ts';
import { looksLikeKey, withoutKeys } from '../../lambda/input/plain-text.ts';
import { environmentOf, environmentProblems } from '../construct/environment.ts';
import { coverProblems, scheduleOr } from '../construct/schedule.ts';
import type { SpotBlacklistSettings } from '../construct/target-settings.ts';
import { configurationSchema, targetSchema } from './configuration-schema.ts';

/** The key in CDK's context that holds all settings. */
const CONTEXT_KEY = 'spot-blacklist';

/** What the stack is made from, checked. */
export type Configuration = v.InferOutput<typeof configurationSchema>;

export type Target = v.InferOutput<typeof targetSchema>;

/** The configuration cannot be used. The message names every problem, each on its line. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(
      [
        `The configuration (cdk.json, context "${CONTEXT_KEY}") cannot be used, so nothing was synthesized:`,
        // A key of the configuration, or a name, could be an API key in the wrong place.
        ...problems.map((problem) => `  - ${withoutKeys(problem)}`),
      ].join('\n'),
    );
    this.problems = problems;
  }
}

/**
 * Reads the configuration from CDK's context: `spot-blacklist` in cdk.json.
 *
 * @throws {ConfigurationError} that names every problem at once
 */
export function readConfiguration(context: Readonly<Record<string, unknown>>): Configuration {
  const stray = strayKeys(Object.keys(context));
  const configuration = context[CONTEXT_KEY];
  if (configuration === undefined)
    throw new ConfigurationError([
      `it is missing: run npx cdk in the project's folder, where it finds cdk.json`,
      ...stray,
    ]);
  const parsed = v.safeParse(configurationSchema, configuration);
  const problems = [
    ...stray,
    ...(parsed.issues ?? []).map(describe),
    ...unknownKeys(configuration),
    ...contradictions(configuration),
  ];
  if (problems.length > 0 || !parsed.success) throw new ConfigurationError(problems);
  return parsed.output;
}

/**
 * CDK ignores unused keys: with a kill switch on the command line, everything would keep running.
 *
 * @returns a problem for each key that begins like ours
 */
function strayKeys(keys: readonly string[]): string[] {
  return keys
    .filter((key) => key !== CONTEXT_KEY && /^[^a-z]*spot[^a-z]*blacklist/i.test(key))
    .map(
      (key) =>
        `${JSON.stringify(key.slice(0, 100))} would be ignored: all settings are in cdk.json, below "${CONTEXT_KEY}". The key is in CDK's context: check -c on the command line, cdk.json, cdk.context.json and ~/.cdk.json.`,
    );
}

/** A target's settings, in the construct's form. */
export function settingsOf(
  { castaiApiUrl, spotAdvisorUrl }: Configuration,
  { name, enabled: _rule, secretName: _prop, fanOut: _queue, ...settings }: Target,
): SpotBlacklistSettings {
  return {
    targetName: name,
    ...settings,
    castaiApiUrl,
    ...(spotAdvisorUrl !== null && { spotAdvisorUrl }),
  };
}

/** Whether the target's rule runs it: both switches are on. */
export function isRun(configuration: Configuration, target: Target): boolean {
  return configuration.enabled && target.enabled;
}

function describe(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue) ?? `context "${CONTEXT_KEY}"`;
  const written = JSON.stringify(issue.input)?.slice(0, 100) ?? '';
  // An API key may have been pasted in its place.
  const shown = written === '' || looksLikeKey(written) ? '' : `, but is ${written}`;
  return `${path} ${issue.message}${shown}`;
}

/** valibot's own strict objects stop at the first unknown key; a user needs to see all of them. */
function unknownKeys(configuration: unknown): string[] {
  return [
    ...unknownIn(configuration, configurationSchema, ''),
    ...targetsOf(configuration).flatMap((target, index) =>
      unknownIn(target, targetSchema, `targets.${index}.`),
    ),
  ];
}

function unknownIn(value: unknown, { entries }: { entries: object }, path: string): string[] {
  const known = Object.keys(entries);
  const ofTarget = Object.keys(targetSchema.entries);
  return Object.keys(recordOf(value))
    .filter((key) => !known.includes(key))
    .map((key) => {
      const elsewhere = path === '' ? nearestName(key, ofTarget) : undefined;
      const hint = OTHER_NAMES.get(key) ?? nearestName(key, known) ?? (elsewhere && `targets.0.${elsewhere}`);
      return `${path}${key} is not a setting${hint === undefined ? '' : `; did you mean ${hint}?`}`;
    });
}

/** Settings whose name in the function's environment differs from the one here. */
const OTHER_NAMES = new Map([
  ['secretId', 'secretName'],
  ['targetName', 'name'],
]);

/**
 * Problems that no setting shows by itself. Works on the raw input, so that they are reported together with the others.
 */
function contradictions(configuration: unknown): string[] {
  const targets = targetsOf(configuration);
  const { schedule: expression } = recordOf(configuration);
  const schedule =
    typeof expression === 'string' ? scheduleOr(expression.trim(), () => undefined) : undefined;
  return targets.flatMap((target, index) => {
    const path = `targets.${index}`;
    const twin = targets.findIndex((other) => other['name'] === target['name']);
    return [
      ...(twin < index && typeof target['name'] === 'string'
        ? [
            `${path}.name must be unique, but targets.${twin} is also called "${target['name']}": each would treat the other's entries as its own`,
          ]
        : []),
      ...(schedule === undefined
        ? []
        : coverProblems(schedule, target['blacklistHours'], `${path}.blacklistHours`)),
      ...environmentProblems(environmentOf({ ...NO_POLICY, ...target })).map(
        (text) => `${path}: its ${text}`,
      ),
    ];
  });
}

function targetsOf(configuration: unknown): Record<string, unknown>[] {
  const targets = recordOf(configuration)['targets'];
  return Array.isArray(targets) ? targets.map(recordOf) : [];
}

function recordOf(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}

/** Placeholders to measure a target's environment, whatever else is wrong with it. */
const NO_POLICY = { os: '', interruptionThreshold: 0, blacklistHours: 0 };

import * as v from 'valibot';
import { looksLikeKey, withoutKeys } from '../lambda/input/api-key.ts';
import { LONGEST_BLACKLIST } from '../lambda/settings/table.ts';
import { configurationSchema, targetSchema } from './configuration-schema.ts';
import { CONTEXT_KEY, strayKeys } from './context-keys.ts';
import { meantBy } from './nearness.ts';
import { override } from './overrides.ts';
import { readSchedule, type Schedule, ScheduleError } from './schedule.ts';

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

/** What EventBridge takes as a rule's constant input, in characters. */
const LONGEST_INPUT = 8192;

/**
 * Reads the configuration from CDK's context: `spot-blacklist` from cdk.json, and over it single settings from the
 * command line (`-c spot-blacklist:targets.0.dryRun=true`).
 *
 * @throws {ConfigurationError} that names every problem at once
 */
export function readConfiguration(context: Readonly<Record<string, unknown>>): Configuration {
  const stray = strayKeys(Object.keys(context));
  if (context[CONTEXT_KEY] === undefined)
    throw new ConfigurationError([
      `there is none: run npx cdk in the project's folder, which reads cdk.json`,
      ...stray,
    ]);
  const prefix = `${CONTEXT_KEY}:`;
  const overrides = Object.entries(context)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, text]) => [key.slice(prefix.length), text] as const);
  const { configuration, problems: overrideProblems } = override(
    context[CONTEXT_KEY],
    Object.fromEntries(overrides),
    configurationSchema,
  );
  const parsed = v.safeParse(configurationSchema, configuration);
  const problems = [
    ...stray,
    ...overrideProblems,
    ...(parsed.issues ?? []).map(describe),
    ...unknownKeys(configuration),
    ...contradictions(configuration),
  ];
  if (problems.length > 0 || !parsed.success) throw new ConfigurationError(problems);
  return parsed.output;
}

/** The payload that runs a target: the constant input of its rule, and what a command by hand starts from. */
export function payloadOf(target: Target) {
  const { name, enabled: _rule, secretName, ...settings } = target;
  return { targetName: name, ...(secretName === undefined ? {} : { secretId: secretName }), ...settings };
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

/** valibot's own strict objects stop at the first unknown key; a user wants to hear of all. */
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
  return Object.keys(recordOf(value))
    .filter((key) => !known.includes(key))
    .map((key) => {
      const meant = meantBy(key, known);
      const hint = meant === undefined ? '' : `; did you mean ${meant}?`;
      return `${path}${key} is not a setting${hint}`;
    });
}

/**
 * What each setting alone does not show. Works on what was given, so that these problems come with the others.
 */
function contradictions(configuration: unknown): string[] {
  const targets = targetsOf(configuration);
  const schedule = scheduleOf(configuration);
  return targets.flatMap((target, index) => {
    const path = `targets.${index}`;
    const twin = targets.findIndex((other) => other['name'] === target['name']);
    const size = JSON.stringify(target).length;
    return [
      ...(twin < index && typeof target['name'] === 'string'
        ? [
            `${path}.name must be unique, but targets.${twin} is called "${target['name']}" too: they would take each other's entries for their own`,
          ]
        : []),
      ...(schedule === undefined ? [] : gapIn(schedule, target['blacklistHours'], `${path}.blacklistHours`)),
      ...(size > LONGEST_INPUT
        ? [`${path} is ${size} characters long, but EventBridge takes ${LONGEST_INPUT}: shorten its lists`]
        : []),
    ];
  });
}

/** Below two intervals every run has to write everything. Where more is still too little, `warningsAbout` says so. */
function gapIn({ expression, longestGap }: Schedule, hours: unknown, path: string): string[] {
  if (typeof hours !== 'number' || hours * 60 >= 2 * longestGap) return [];
  const between = `the longest time between two runs of ${expression} is ${inHours(longestGap)}`;
  if (2 * longestGap > LONGEST_BLACKLIST * 60)
    return [
      `schedule cannot be used for ${path}: ${between}, and no blacklist can last two of them (${LONGEST_BLACKLIST} h at most); it must run at least every ${LONGEST_BLACKLIST / 2} h`,
    ];
  return [
    `${path} must be at least ${inHours(2 * longestGap)}, but is ${hours} h: ${between}, and a blacklist must last two of them at least, or every run has to write everything, and one that is lost leaves every risky type open`,
  ];
}

function inHours(minutes: number): string {
  return `${Math.round((minutes / 60) * 100) / 100} h`;
}

function scheduleOf(configuration: unknown): Schedule | undefined {
  const expression = recordOf(configuration)['schedule'];
  try {
    return typeof expression === 'string' ? readSchedule(expression.trim()) : undefined;
  } catch (error) {
    if (error instanceof ScheduleError) return undefined;
    throw error;
  }
}

function targetsOf(configuration: unknown): Record<string, unknown>[] {
  const targets = recordOf(configuration)['targets'];
  return Array.isArray(targets) ? targets.map(recordOf) : [];
}

function recordOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
}

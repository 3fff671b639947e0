// Environment and payload, right but for a thing or two: just what they say is done, or nothing and no value is shown.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SettingsError } from '../../../lambda/domain/errors.ts';
import { readSettings } from '../../../lambda/settings/settings.ts';
import { DIGITS, type SettingSamples, TRACE } from './sample-kinds.ts';
import { DEFAULTS, SETTINGS } from './setting-samples.ts';

/** One place where a setting is given: what is written there, and what it means; undefined means that it is wrong. */
type Given = { readonly written: unknown; readonly expected: unknown } | undefined;

interface Told {
  readonly samples: SettingSamples;
  readonly variable: Given;
  readonly value: Given;
}

const given = ([written, expected]: readonly [unknown, unknown]) => ({ written, expected });
const wrong = (written: unknown) => ({ written, expected: undefined });

/** A setting that is right wherever it is given; those that have to be given mostly are. */
const rightly = (samples: SettingSamples): fc.Arbitrary<Told> =>
  fc.record({
    samples: fc.constant(samples),
    variable: maybe(samples.texts.map(given), Object.hasOwn(DEFAULTS, samples.key) ? 2 : 40),
    value: maybe(samples.values.map(given), 4, true),
  });

/** One of these, or nothing: once in so many cases, or in all but those. */
function maybe<T>(all: readonly T[], times: number, isRare = false): fc.Arbitrary<T | undefined> {
  const some = { weight: isRare ? 1 : times, arbitrary: fc.constantFrom(undefined, ...all) };
  const none = { weight: isRare ? times : 1, arbitrary: fc.constant(undefined) };
  return all.length === 0 ? fc.constant(undefined) : fc.oneof(none, some);
}

const MISTAKE = fc.constantFrom(
  ...SETTINGS.flatMap(({ key, wrongTexts, wrongValues }) => [
    ...wrongTexts.map((text) => ({ key, change: { variable: wrong(text) } })),
    ...wrongValues.map((value) => ({ key, change: { value: wrong(value) } })),
  ]),
);

/** Keys that a payload does not have. */
const UNKNOWN_KEYS = [
  ...[
    'dryrun',
    'dry_run',
    'DRY_RUN',
    'dryRun ',
    'Operation',
    'castaiApiUrl',
    'spotAdvisorUrl',
    'api-key',
    '',
  ],
  ...['__proto__', 'constructor', 'toString', 'hasOwnProperty', `${'k'.repeat(64)}${TRACE}`],
];
const OPERATIONS = ['apply', 'clear', 'Clear', `${TRACE}`, '', null, DIGITS, ['clear']];

/** A run's input, and the expected outcome. */
const CASES = fc
  .record({
    right: fc.tuple(...SETTINGS.map(rightly)),
    mistakes: fc.oneof(
      { weight: 2, arbitrary: fc.array(MISTAKE, { maxLength: 0 }) },
      { weight: 3, arbitrary: fc.array(MISTAKE, { minLength: 1, maxLength: 3 }) },
    ),
    operation: fc.oneof(
      { weight: 10, arbitrary: fc.constantFrom(undefined, 'apply', 'clear') },
      { weight: 1, arbitrary: fc.constantFrom(...OPERATIONS) },
    ),
    unknownKeys: fc.oneof(
      { weight: 8, arbitrary: fc.subarray(UNKNOWN_KEYS, { maxLength: 0 }) },
      { weight: 1, arbitrary: fc.subarray(UNKNOWN_KEYS, { minLength: 1, maxLength: 2 }) },
    ),
  })
  .map(({ right, mistakes, operation, unknownKeys }) => {
    const told = right.map((one): Told => {
      const changes = mistakes.filter(({ key }) => key === one.samples.key).map(({ change }) => change);
      return Object.assign({ ...one }, ...changes);
    });
    // Object.fromEntries makes own keys, `__proto__` too, as JSON.parse does.
    const payload: Record<string, unknown> = Object.fromEntries([
      ...(operation === undefined ? [] : [['operation', operation]]),
      ...told.flatMap(({ samples, value }) => (value ? [[samples.key, value.written]] : [])),
      ...unknownKeys.map((key) => [key, { [TRACE]: DIGITS }]),
    ]);
    const environment: Record<string, string> = Object.fromEntries([
      ['PATH', `/usr/${TRACE}`],
      ...told.flatMap(({ samples, variable }) => (variable ? [[samples.variable, variable.written]] : [])),
    ]);
    const { settings, problems } = expected(told, operation);
    // Nothing but letters cannot be an API key.
    const unknown = unknownKeys.map((key) =>
      /^[a-z][a-z_-]{0,31}$/i.test(key) ? `payload key "${key}" is not known` : 'payload key is not known',
    );
    return { environment, payload, settings, problems: [...problems, ...unknown] };
  });

it('any environment and payload yield exactly their settings, or an error that names each problem and shows no value', () => {
  fc.assert(
    fc.property(CASES, ({ environment, payload, settings, problems }) => {
      if (problems.length === 0) {
        expect(readSettings(environment, payload)).toEqual(settings);
        return;
      }
      const message = refusalOf(environment, payload);
      for (const problem of problems) expect(message).toContain(problem);
    }),
    { numRuns: 4000 },
  );
});

it('any other payload overrides nothing, or is refused', () => {
  const event = {
    ...{ version: '0', id: TRACE, 'detail-type': 'Scheduled Event', source: 'aws.events', account: '1' },
    ...{ time: '2026-02-14T12:00:00Z', region: 'eu-west-1', resources: [TRACE], detail: {} },
  };
  const environment = { SECRET_ID: 'castai', OS: 'Linux', INTERRUPTION_THRESHOLD: '20', DRY_RUN: 'yes' };
  const nothing = readSettings(environment, {});
  const harmless = [undefined, null, {}, event, { ...event, source: 'aws.scheduler' }];
  const others = [
    ...[
      { ...event, source: TRACE },
      { ...event, 'detail-type': TRACE },
      { ...event, dryRun: false },
    ],
    ...[TRACE, '', DIGITS, 0, true, false, [], [{ dryRun: true }], [TRACE]],
  ];
  const anything = fc.oneof(fc.constantFrom<unknown>(...harmless, ...others), fc.anything());
  fc.assert(
    fc.property(anything, (payload) => {
      const isHarmless = harmless.includes(payload as object) || isEmpty(payload);
      if (isHarmless) expect(readSettings(environment, payload)).toEqual(nothing);
      else refusalOf(environment, payload);
    }),
    { numRuns: 1000 },
  );
});

/** The message of the refusal, which has to be one of this project's that shows no value. */
function refusalOf(environment: Record<string, string>, payload: unknown): string {
  try {
    readSettings(environment, payload);
  } catch (error) {
    expect(error).toBeInstanceOf(SettingsError);
    expect((error as SettingsError).code).toBe('INVALID_SETTINGS');
    const { message } = error as SettingsError;
    expect(message).not.toContain(TRACE);
    expect(message).not.toContain(String(DIGITS));
    return message;
  }
  throw new Error('The settings were taken.');
}

/** According to docs/configuration.md: the payload of a dry run overrides the environment, which overrides the defaults. */
function expected(told: readonly Told[], operation: unknown) {
  const isClear = operation === 'clear';
  const problems: string[] = [undefined, 'apply', 'clear'].includes(operation as string) ? [] : ['operation'];
  const isDry = told.some(({ samples, value }) => samples.key === 'dryRun' && value?.expected === true);
  const whatIfs = told.filter(({ samples, value }) => samples.key !== 'dryRun' && value !== undefined);
  if (!isDry)
    problems.push(...whatIfs.map(({ samples: { key } }) => `payload key ${key} is for dry runs only`));
  const settled = told.map(({ samples, variable, value }) => {
    const { key, isPolicy } = samples;
    const source = value ?? (isClear && isPolicy ? undefined : variable);
    if (source !== undefined && source.expected === undefined)
      problems.push(source === value ? `payload key ${key}` : samples.variable);
    const isMissing = source === undefined && !Object.hasOwn(DEFAULTS, key) && !(isClear && isPolicy);
    if (isMissing) problems.push(`${samples.variable} is not set`);
    return { key, isPolicy, expected: source === undefined ? DEFAULTS[key] : source.expected };
  });
  const pick = (isWanted: (one: (typeof settled)[number]) => boolean) =>
    Object.fromEntries(settled.filter(isWanted).map(({ key, expected }) => [key, expected]));
  const common = pick(({ isPolicy }) => !isPolicy);
  // The plan does not know these settings, which only `apply` needs.
  const isBeside = (key: string) => key === 'os' || key.startsWith('ownEvidence');
  const policy = pick(({ key, isPolicy }) => isPolicy && !isBeside(key));
  const settings = isClear
    ? { ...common, operation: 'clear' }
    : { ...common, ...pick(({ key }) => isBeside(key)), operation: 'apply', policy };
  return { settings, problems };
}

function isEmpty(payload: unknown): boolean {
  return (
    typeof payload === 'object' &&
    payload !== null &&
    !Array.isArray(payload) &&
    Object.keys(payload).length === 0
  );
}

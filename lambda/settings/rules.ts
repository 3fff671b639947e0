import * as v from 'valibot';
import { TARGET_NAME } from '../domain/blacklist/ownership.ts';
import { isGlob } from '../domain/instance-types/globs.ts';
import { looksLikeKey } from '../input/plain-text.ts';

export interface Flag {
  /** The heading under which the help lists it. */
  readonly heading: string;
  /** The value's placeholder in the help; null for a switch, which means `true`. */
  readonly value: string | null;
  /** One line. */
  readonly help: string;
}

/** The definition of a setting. Everything that lists settings is generated from it. */
export interface Setting {
  /** Its rule in two equivalent forms: for JSON, and for text in the environment (null: not available there). */
  readonly rule: { readonly value: v.GenericSchema; readonly text: v.GenericSchema | null };
  /** Absent if the setting is required. */
  readonly default?: string | number | boolean | readonly string[] | null;
  /** The default in the documentation, if its value is not enough. */
  readonly defaultInWords?: string;
  /** `policy`: what to blacklist (only for `apply`); `run`: how to run; `connection`: which services to use. */
  readonly scope: 'policy' | 'run' | 'connection';
  /** Whether a payload may hold it: `what-if` means only with `dryRun: true`. */
  readonly inPayload: 'live' | 'what-if' | 'never';
  /** Null if the command line defines it itself. */
  readonly flag: Flag | null;
  /** Its cell in docs/configuration.md, in Markdown; absent if the flag's help is enough. */
  readonly docs?: string;
}

/*
 * The kinds of settings. Each has one rule in two forms: `value` for JSON, and `text` for the environment, which holds
 * only strings. A rule's message says what the value must be, never what it was.
 */

/**
 * @param range the allowed numbers, in words
 * @param fits whether a finite number is allowed
 */
export function numeric(range: string, fits: (value: number) => boolean) {
  const message = `must be ${range}`;
  const value = v.pipe(v.number(`${message}, as a number without quotes`), v.check(fits, message));
  // Number() would also accept '', '0x10' and '1e3'.
  const text = v.pipe(v.string(), v.trim(), v.regex(/^\d+(\.\d+)?$/, message), v.transform(Number), value);
  return { value, text };
}

/**
 * A single token; surrounding white space is trimmed. It is shown in logs and errors, so a value that could be an
 * API key, pasted in the wrong place, is rejected.
 */
export function word(pattern: RegExp, rule: string) {
  const message = `must be ${rule}`;
  const value = v.pipe(
    v.string(message),
    v.trim(),
    v.regex(pattern, message),
    v.check((text) => !looksLikeKey(text), `${message}, not an API key`),
  );
  return { value, text: value, pattern, message };
}

/** Anything that is not clearly yes or no is rejected: a mistyped dry run must not write. */
export function yesOrNo() {
  const value = v.boolean('must be true or false, without quotes');
  const text = v.pipe(
    v.string(),
    v.trim(),
    v.toLowerCase(),
    v.picklist(['true', 'yes', '1', 'false', 'no', '0'], 'must be true, yes or 1, or false, no or 0'),
    v.transform((answer) => ['true', 'yes', '1'].includes(answer)),
  );
  return { value, text };
}

const closedSets = v.check(isGlob, 'must be a glob whose sets are closed and ascend, as in c[5-7].*');

/** A list of globs over instance types; comma-separated as text. */
export function typeGlobs() {
  const glob = word(
    /^[a-z0-9.*?[\]-]{1,64}$/i,
    'a type glob of letters, digits and . - * ? [ ], such as m5.*',
  );
  const value = v.pipe(
    v.array(v.pipe(glob.value, v.toLowerCase(), closedSets), 'must be a list of type globs such as ["m5.*"]'),
    // They are logged with every run.
    v.maxLength(500, 'must have at most 500 type globs'),
  );
  return { value, text: listed(value) };
}

/** A list of globs over clusters' names; comma-separated as text. It cannot be empty, which could mean all or none. */
export function nameGlobs() {
  const glob = word(/^[\w.*?[\]-]{1,128}$/, 'a glob of letters, digits and . _ - * ? [ ], such as prod-*');
  const value = v.pipe(
    v.array(v.pipe(glob.value, closedSets), 'must be a list of name globs such as ["prod-*"]'),
    v.minLength(1, 'must have at least one glob: leave it out to select every cluster'),
    v.maxLength(100, 'must have at most 100 globs'),
  );
  return { value, text: listed(value) };
}

/** The most times of day that a list may have: every five minutes. They take half of a function's environment. */
export const MOST_TIMES = 288;

/** A list of times of day, ascending; comma-separated as text. */
export function timesOfDay() {
  const time = word(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day such as 08:00');
  const value = v.pipe(
    v.array(time.value, 'must be a list of times of day such as ["08:00"]'),
    v.minLength(1, 'must be at least one time of day such as 08:00'),
    v.maxLength(MOST_TIMES, `must be at most ${MOST_TIMES} times of day`),
    v.transform((times): readonly string[] => [...new Set(times)].sort()),
  );
  return { value, text: listed(value) };
}

function listed<T>(value: v.GenericSchema<string[], T>) {
  const items = (list: string) => list.split(',').flatMap((item) => item.trim() || []);
  return v.pipe(v.string(), v.transform(items), value);
}

/** Whole numbers only. */
export const whole = (least: number, most = Number.MAX_SAFE_INTEGER) => {
  return (value: number) => Number.isInteger(value) && value >= least && value <= most;
};

export const within = (least: number, most: number) => (value: number) => value >= least && value <= most;

const isLoopback = (url: URL) =>
  url.protocol === 'http:' && /^(localhost|\[::1\]|127(\.\d{1,3}){3})$/.test(url.hostname);

/** An http address on loopback, or any address that fits. */
export function address(rule: string, fits: (url: URL) => boolean) {
  const message = `must be ${rule}`;
  return v.pipe(
    v.string(message),
    v.trim(),
    v.check((text) => {
      // Node.js 20.0 and 22.0, which may run the construct and the command line, have no URL.parse().
      const url = URL.canParse(text) ? new URL(text) : null;
      // The origin is shown in logs and errors.
      if (url === null || url.username !== '' || url.password !== '' || looksLikeKey(url.host)) return false;
      return isLoopback(url) || fits(url);
    }, message),
  );
}

/*
 * The rules of single settings that need more than one of the kinds above.
 */

export const EVIDENCE_MODES = ['off', 'report', 'decide'] as const;

/** The CAST AI API's addresses: US, EU, India. */
export const CASTAI_API_URLS = ['https://api.cast.ai', 'https://api.eu.cast.ai', 'https://api.india.cast.ai'];

export const castaiApiUrl = v.pipe(
  address(`${CASTAI_API_URLS.join(', ')}, or http:// on loopback`, ({ href }) =>
    CASTAI_API_URLS.includes(href.replace(/\/$/, '')),
  ),
  // Every request's path is appended to it.
  v.check((url) => !/[?#]/.test(url), 'must not have a query or a fragment'),
  v.transform((url) => url.replace(/(?<!\/)\/+$/, '')),
);
export const spotAdvisorUrl = address(
  'an https:// address, or http:// on loopback',
  ({ protocol }) => protocol === 'https:',
);
export const fanOutQueueUrl = v.pipe(
  address('the https:// address of an SQS FIFO queue', ({ protocol }) => protocol === 'https:'),
  v.check(
    (url) => /^[^?#]+\.fifo$/.test(url),
    'must be the address of an SQS FIFO queue, which ends with .fifo',
  ),
);
export const region = v.pipe(
  word(/^[a-zA-Z0-9-]{1,32}$/, 'an AWS region such as us-east-1').value,
  v.toLowerCase(),
);
export const targetName = word(
  new RegExp(`^${TARGET_NAME}$`),
  'up to 64 letters, digits, dots, underscores and hyphens',
);

const percentage = numeric('a percentage from 0 to below 100', (value) => value >= 0 && value < 100);

/** Every band reaches above a share such as 0.2, just as it reaches above 0: 20 was meant. */
const isNoShare = v.check(
  (value: number) => value <= 0 || value >= 1,
  ({ input }) => `must be in percent, not a share (did you mean ${Number((100 * input).toFixed(6))}?)`,
);

export const interruptionThreshold = {
  value: v.pipe(percentage.value, isNoShare),
  text: v.pipe(percentage.text, isNoShare),
};

/** Case does not matter: people write either in an environment. */
export const evidenceMode = v.pipe(
  v.string('must be off, report or decide'),
  v.trim(),
  v.toLowerCase(),
  v.picklist(EVIDENCE_MODES, 'must be off, report or decide'),
);

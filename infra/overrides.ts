import type * as v from 'valibot';
import { didYouMean } from './context-keys.ts';

/*
 * `-c spot-blacklist:targets.0.dryRun=true`: one setting of the configuration, given on the command line. What
 * comes from there is text, so the schema is asked what the setting should be.
 */

/** A change to make, and what is wrong with the ones that cannot be made. */
export interface Overridden {
  readonly configuration: unknown;
  readonly problems: readonly string[];
}

/** @returns undefined where the text is not of that kind */
type Reader = (text: string) => unknown;

const readJson: Reader = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** What a text must look like to become a value of the schema's type; anything else is refused, never guessed. */
const KINDS: Readonly<Record<string, { readonly rule: string; readonly read: Reader }>> = {
  string: { rule: 'a text', read: (text) => text },
  number: { rule: 'a number', read: (text) => (/^-?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined) },
  boolean: { rule: 'true or false', read: (text) => ({ true: true, false: false })[text] },
  array: { rule: 'a JSON list', read: readJson },
  object: { rule: 'a JSON object', read: readJson },
};

/**
 * @param configuration what cdk.json holds; it is not changed
 * @param overrides texts by their path, such as `targets.0.dryRun`
 * @param schema what the configuration must be
 */
export function override(
  configuration: unknown,
  overrides: Readonly<Record<string, unknown>>,
  schema: v.GenericSchema,
): Overridden {
  const changed = structuredClone(configuration);
  const problems: string[] = [];
  for (const [path, text] of Object.entries(overrides)) {
    const problem = set(changed, path.split('.'), text, schema);
    if (problem !== undefined) problems.push(`${path} (from -c, cdk.context.json or ~/.cdk.json) ${problem}`);
  }
  return { configuration: changed, problems };
}

function set(
  root: unknown,
  path: readonly string[],
  given: unknown,
  schema: v.GenericSchema,
): string | undefined {
  const kind = kindAt(schema, path);
  if (kind === undefined) return `is not a setting${didYouMean(path.join('.'))}`;
  const holder = path.slice(0, -1).reduce<unknown>(childOf, root);
  const key = path.at(-1) ?? '';
  if (!isContainer(holder) || (Array.isArray(holder) && !(Number(key) <= holder.length)))
    return 'has no place in the configuration that cdk.json holds: count the list from 0';
  const value = kind.read(String(given));
  if (value === undefined) return `must be ${kind.rule}`;
  Object.assign(holder, { [key]: value });
  return undefined;
}

function isContainer(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function childOf(value: unknown, key: string): unknown {
  return isContainer(value) && Object.hasOwn(value, key) ? Reflect.get(value, key) : undefined;
}

/** Follows the path through the schema, as valibot describes itself: objects have entries, lists an item. */
function kindAt(schema: unknown, path: readonly string[]): (typeof KINDS)[string] | undefined {
  const [key, ...rest] = path;
  const wrapped = childOf(schema, 'wrapped');
  if (wrapped !== undefined) {
    const kind = kindAt(wrapped, path);
    if (key !== undefined || kind === undefined || childOf(schema, 'type') !== 'nullable') return kind;
    return { rule: `${kind.rule}, or null`, read: (text) => (text === 'null' ? null : kind.read(text)) };
  }
  if (key === undefined) return KINDS[String(childOf(schema, 'type'))];
  const entries = childOf(schema, 'entries');
  if (entries !== undefined) return kindAt(childOf(entries, key), rest);
  return /^\d+$/.test(key) ? kindAt(childOf(schema, 'item'), rest) : undefined;
}

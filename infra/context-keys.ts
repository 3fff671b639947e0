import { configurationSchema, targetSchema } from './configuration-schema.ts';
import { editsBetween, meantBy, plain } from './nearness.ts';

/** The key of everything that a user may set, in CDK's context. */
export const CONTEXT_KEY = 'spot-blacklist';

/** What CDK and AWS define: flags, switches of the CLI, and what lookups have found. */
const OF_CDK = /^(aws:|aws-cdk[\w-]*[:/]|@aws-cdk[\w-]*\/|cdk[-:])|^[a-z-]+:account=\d/;

const COMMON = Object.keys(configurationSchema.entries);
const OF_TARGET = Object.keys(targetSchema.entries);
const ALL = [...new Set([...COMMON, ...OF_TARGET])];

/**
 * CDK ignores context that nobody asks for: a mistyped `-c spotblacklist:enabled=false` would leave everything running.
 *
 * @param keys of the context
 * @returns a problem for each key that looks like one of ours and is none: its letters are near to our prefix, or it
 * ends in the name of a setting
 */
export function strayKeys(keys: readonly string[]): string[] {
  return keys
    .filter((key) => key !== CONTEXT_KEY && !key.startsWith(`${CONTEXT_KEY}:`) && !OF_CDK.test(key))
    .filter((key) => isNearPrefix(key) || isSetting(key))
    .map(
      (key) =>
        `${JSON.stringify(key.slice(0, 100))} would be ignored${didYouMean(key)} It is in CDK's context: look at -c on the command line, cdk.json, cdk.context.json and ~/.cdk.json.`,
    );
}

/**
 * @param key of the context, or a path below our prefix
 * @returns the end of a sentence: what to write in its place
 */
export function didYouMean(key: string): string {
  const path = pathMeantBy(key);
  return path === undefined
    ? `. A setting is given as -c ${CONTEXT_KEY}:<path>=<value>, such as -c ${CONTEXT_KEY}:targets.0.dryRun=true.`
    : `; did you mean ${path}?`;
}

function pathMeantBy(key: string): string | undefined {
  if (editsBetween(plain(CONTEXT_KEY), plain(key)) <= FEW) return CONTEXT_KEY;
  const parts = partsOf(key);
  const setting = meantBy(parts.at(-1) ?? '', ALL) ?? settingAtEnd(key);
  if (setting === undefined) return undefined;
  const index = parts.find((part) => /^\d+$/.test(part));
  const isOfTarget =
    index !== undefined || parts.slice(0, -1).some((part) => meantBy(part, ['targets']) !== undefined);
  return isOfTarget || !COMMON.includes(setting)
    ? `${CONTEXT_KEY}:targets.${index ?? 0}.${setting}`
    : `${CONTEXT_KEY}:${setting}`;
}

/** Where nothing separates the prefix from the setting: `spotblacklistenabled`. */
function settingAtEnd(key: string): string | undefined {
  if (!isNearPrefix(key)) return undefined;
  return ALL.filter((name) => name.length > 2 && plain(key).endsWith(plain(name))).sort(
    (a, b) => b.length - a.length,
  )[0];
}

/** How many letters a mistyped prefix may differ in. */
const FEW = 2;

function isNearPrefix(key: string): boolean {
  const letters = plain(key);
  return (
    editsBetween(plain(CONTEXT_KEY), letters, 'anywhere') <= FEW ||
    editsBetween('blacklist', letters, 'start') <= 1
  );
}

/** A path of settings without the prefix, or below another one. */
function isSetting(key: string): boolean {
  const parts = partsOf(key).map(plain);
  return parts[0] === 'targets' || ALL.some((name) => plain(name) === parts.at(-1));
}

/** A key's parts, whatever separates them. */
function partsOf(key: string): string[] {
  return key.split(/[^\p{L}\p{N}_-]+/u).filter((part) => part !== '');
}

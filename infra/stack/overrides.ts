import { isRecord, parsedJson } from '../../lambda/input/json.ts';
import { nearestName } from '../../lambda/input/near-names.ts';

/** The key of everything that a user may set, in CDK's context. */
export const CONTEXT_KEY = 'spot-blacklist';

const PREFIX = `${CONTEXT_KEY}:`;

/** A configuration with its overrides, and the problems of those that cannot be applied. */
export interface Overridden {
  readonly configuration: unknown;
  readonly problems: readonly string[];
}

/**
 * The configuration in CDK's context, overridden by single settings from the command line
 * (`-c spot-blacklist:targets.0.dryRun=true`). Text that is valid JSON is parsed; the schema validates the result.
 */
export function override(context: Readonly<Record<string, unknown>>): Overridden {
  const configuration = structuredClone(context[CONTEXT_KEY]);
  const problems = Object.entries(context)
    .filter(([key]) => key.startsWith(PREFIX))
    .flatMap(([key, given]) => set(configuration, key.slice(PREFIX.length), given));
  return { configuration, problems };
}

/**
 * CDK ignores unknown context: with a mistyped kill switch, everything would keep running.
 *
 * @returns a problem for each key that resembles one of ours, but is not
 */
export function strayKeys(keys: readonly string[]): string[] {
  return keys
    .filter((key) => key !== CONTEXT_KEY && !key.startsWith(PREFIX) && isNearlyOurs(key))
    .map(
      (key) =>
        `${JSON.stringify(key.slice(0, 100))} would be ignored: give a setting as -c ${PREFIX}<path>=<value>, such as -c ${PREFIX}enabled=false or -c ${PREFIX}targets.0.dryRun=true. The key is in CDK's context: check -c on the command line, cdk.json, cdk.context.json and ~/.cdk.json.`,
    );
}

/** Results of CDK's lookups, and its flags: their names contain other names. */
const OF_CDK = /^[a-z-]+:account=\d|^@aws-cdk[\w-]*\//;

/** It contains our name or starts with one like it; or it is, on its own, a switch that stops runs or their writes. */
function isNearlyOurs(key: string): boolean {
  if (OF_CDK.test(key)) return false;
  const letters = key.normalize('NFKC').replaceAll(/[^\p{L}\p{N}]/gu, '');
  if (letters.toLowerCase().includes('spotblacklist')) return true;
  const [first = '', ...rest] = key.split(/[^\p{L}\p{N}_-]+/u).filter((part) => part !== '');
  const ours = rest.length === 0 ? [CONTEXT_KEY, 'enabled', 'disabled', 'dryRun'] : OURS;
  return nearestName(first, ours) !== undefined;
}

const OURS = [CONTEXT_KEY, 'blacklist', 'castai', 'targets'];

/** @returns the problem, if its path does not exist */
function set(root: unknown, path: string, given: unknown): string[] {
  const keys = path.split('.');
  const key = keys.pop() ?? '';
  const holder = keys.reduce<unknown>(childOf, root);
  if (Array.isArray(holder) ? !(Number(key) <= holder.length) : !isRecord(holder))
    return [
      `${path} (from -c, cdk.context.json or ~/.cdk.json) is not a path in cdk.json's configuration: lists count from 0, as in targets.0.dryRun`,
    ];
  const parsed = parsedJson(String(given));
  const value = parsed === undefined ? given : parsed;
  // Not an assignment, which would change the prototype if the key is `__proto__`.
  Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true });
  return [];
}

function childOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? Reflect.get(value, key)
    : undefined;
}

import type { SpotBlacklistError } from '../../lambda/domain/errors.ts';
import type { RunOutcome } from '../../lambda/run/conclude.ts';
import { type Given, nameIn } from './caller.ts';
import { givenVariable } from './credentials-source.ts';
import { FLAGS } from './flags.ts';

/** Turns a sentence of the function's into one for the user of a terminal. */
export type Wording = (sentence: string) => string;

/** What the user gave, and how. */
export interface Names {
  /** @returns the flag, the variable or the key of `cdk.json` that a setting came from, or could come from */
  nameOf(variable: string): string;
  /** @returns the same for a key of the credentials; null if it comes from the secret */
  nameOfKey(key: string): string | null;
}

const SETTING = new RegExp(`\\b(?:${FLAGS.map(({ variable }) => variable).join('|')})\\b`, 'g');
const KEYS = /((?:api-key|org-id|cluster-id)(?: and (?:org-id|cluster-id))?) in the secret/g;
const ABORTED =
  /did not finish before the run's deadline\. The next run tries again; if this happens often, raise the function's timeout/g;
const NEXT_RUN = /\b([Tt])he next run (?:tries again|starts from a fresh list and does the rest)/g;

/**
 * The function's messages name settings by variable and credentials by the secret's key, and count on its schedule. At a
 * terminal there may be flags instead, and no secret, and nothing runs again by itself.
 */
export function wordingFor({ nameOf, nameOfKey }: Names): Wording {
  const placeOf = (keys: readonly string[]) => {
    const given = keys.flatMap((key) => nameOfKey(key) ?? []);
    const stored = keys.filter((key) => nameOfKey(key) === null);
    return [...given, ...(stored.length > 0 ? [`${stored.join(' and ')} in the secret`] : [])].join(' and ');
  };
  return (sentence) =>
    sentence
      .replace(KEYS, (_, keys: string) => placeOf(keys.split(' and ')))
      .replace(SETTING, (variable) => nameOf(variable))
      // These two are named by their keys everywhere.
      .replace(/\bclusters(?= and exceptClusters| match)/g, () => nameOf('CLUSTERS'))
      .replace(/\bexceptClusters\b/g, () => nameOf('EXCEPT_CLUSTERS'))
      .replace(ABORTED, 'was stopped')
      .replace(NEXT_RUN, (_, t: string) => `${t === 'T' ? 'R' : 'r'}un the command again`);
}

/** @returns the wording for a user who gave this */
export function wordingWith(given: Given): Wording {
  return wordingFor({
    nameOf: (variable) => nameIn(given, variable),
    nameOfKey: (key) => {
      const variable = givenVariable(key, given.flags, given.environment);
      return variable && nameIn(given, variable);
    },
  });
}

/** @returns the same error */
export function reworded(error: SpotBlacklistError, wording: Wording): SpotBlacklistError {
  error.message = wording(error.message);
  return error;
}

/** Puts all sentences of a run into the user's words, wherever they are shown. */
export function outcomeIn(wording: Wording, { result, error }: RunOutcome): RunOutcome {
  const clusters = result.clusters.map((cluster) => ({
    ...cluster,
    problem: cluster.problem && wording(cluster.problem),
    warnings: cluster.warnings.map(wording),
    decisions: cluster.decisions.map(({ problem, ...decision }) =>
      problem === undefined ? decision : { ...decision, problem: wording(problem) },
    ),
  }));
  return {
    result: { ...result, warnings: result.warnings.map(wording), clusters },
    error: error && reworded(error, wording),
  };
}

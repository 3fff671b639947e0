import * as v from 'valibot';
import { isRecord } from '../../lambda/input/json.ts';
import { plainName, plainText } from '../../lambda/input/plain-text.ts';
import { resultSchema } from '../../lambda/report/result.ts';

/** A result as it was read, from an untrusted or abridged file. */
export type ShownResult = v.InferOutput<typeof resultSchema>;
export type ShownCluster = ShownResult['clusters'][number];
export type ShownTemplate = NonNullable<ShownCluster['templates']>[number];
export type ShownDecision = ShownCluster['decisions'][number];

/** A file's result, or why it has none, for the user. */
export type Reading = { result: ShownResult; problem: null } | { result: null; problem: string };

/** @param value the output of `aws lambda invoke`: the result, or the function's error */
export function readResult(value: unknown): Reading {
  if (isRecord(value) && typeof value['errorType'] === 'string') {
    const { errorType, errorMessage } = value;
    const message = plainText(String(errorMessage)).replace(/\.$/, '');
    return {
      result: null,
      problem: `contains no result, because the function failed with ${plainName(errorType)}: ${message}. Check the function's log`,
    };
  }
  const { success, output, issues } = v.safeParse(resultSchema, value);
  if (success) return { result: output, problem: null };
  const place = issues[0] === undefined ? null : v.getDotPath(issues[0]);
  return {
    result: null,
    problem: `is not a result of spot-blacklist${place === null ? '' : ` (check ${plainName(place)})`}`,
  };
}

import { Token } from 'aws-cdk-lib';
import * as v from 'valibot';
import { configurationSchema, targetSchema } from '../stack/configuration-schema.ts';

/** @returns what is wrong with a value, each problem by its path; nothing for one that CDK does not know yet */
export function valueProblems(rule: v.GenericSchema, value: unknown, path: string): string[] {
  if (Token.isUnresolved(value)) return [];
  return (v.safeParse(rule, value).issues ?? []).map((issue) => {
    const inside = v.getDotPath(issue);
    return `${path}${inside === null ? '' : `.${inside}`} ${issue.message}`;
  });
}

/** The rules that props share with cdk.json. The compiler does not see values from CDK's context, which are any. */
const { enabled, reservedConcurrency, runbookUrl } = configurationSchema.entries;
const RULES = { enabled, reservedConcurrency, runbookUrl, fanOut: targetSchema.entries.fanOut };

/** @returns the problems of the props besides `settings`, `schedule` and the secret */
export function propProblems(props: Readonly<Partial<Record<keyof typeof RULES, unknown>>>): string[] {
  return Object.entries(RULES).flatMap(([name, rule]) => {
    const value = props[name as keyof typeof RULES];
    return value === undefined ? [] : valueProblems(rule, value, name);
  });
}

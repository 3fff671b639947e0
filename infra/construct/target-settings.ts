import { Token } from 'aws-cdk-lib';
import * as v from 'valibot';
import { nearestName } from '../../lambda/input/near-names.ts';
import { SETTINGS } from '../../lambda/settings/table.ts';
import { configurationSchema, targetSchema } from '../stack/configuration-schema.ts';
import { TARGET_ROWS } from './environment.ts';
import { coverProblems, type Schedule } from './schedule.ts';

/** What a target manages, and how it decides. docs/configuration.md says more about each. */
export interface SpotBlacklistSettings {
  /** The operating system, as the feed calls it: `Linux` or `Windows`. */
  readonly os: string;
  /** The interruptions that you tolerate, in percent, as AWS publishes them: 0, or from 1 to below 100. */
  readonly interruptionThreshold: number;
  /**
   * How long an entry lasts, in hours, 1 to 168. At least twice the longest time between two runs. No default: the
   * policy must be visible.
   */
  readonly blacklistHours: number;
  /**
   * Marks the target's entries and metrics. Two targets in a stack, or on one cluster, need two names.
   * @default 'default'
   */
  readonly targetName?: string;
  /** The target's name before a rename: its entries count as own. @default none */
  readonly formerTargetName?: string;
  /** The AWS region of the clusters. @default each cluster's own, according to CAST AI */
  readonly region?: string;
  /**
   * Globs of the names of a fleet's clusters, such as `prod-*`; the others are left alone.
   * @default every cluster
   */
  readonly clusters?: readonly string[];
  /** Globs of the names of clusters that are left alone. Takes precedence over `clusters`. @default none */
  readonly exceptClusters?: readonly string[];
  /**
   * Globs of types or families that are never blacklisted, such as `m5` or `c7i*.large`. Takes precedence over everything.
   * @default none
   */
  readonly neverBlacklist?: readonly string[];
  /** Globs of types or families that are blacklisted whatever their band. @default none */
  readonly alwaysBlacklist?: readonly string[];
  /** Removes own entries of calm types at once. @default false: they lapse, which dampens flapping */
  readonly releaseCalm?: boolean;
  /** Decides and reports, and writes nothing. @default false */
  readonly dryRun?: boolean;
  /**
   * How many types of each machine class stay available; 0 disables this floor.
   * @default 15: an autoscaler with less to choose from starves
   */
  readonly minTypesPerArchitecture?: number;
  /** How many families of each machine class stay available; 0 disables this floor. @default 5 */
  readonly minFamiliesPerArchitecture?: number;
  /**
   * How many of the types that each node template allows stay available; 0 disables this floor.
   * @default 5
   */
  readonly minTypesPerTemplate?: number;
  /**
   * How many types of each common machine size (vCPUs and memory) stay available; 0 disables this floor.
   * @default 3
   */
  readonly minTypesPerSize?: number;
  /**
   * Gives types back while a node template buys on-demand for lack of Spot.
   * @default true
   */
  readonly relaxOnFallback?: boolean;
  /**
   * The share of the risky types that is kept off, in percent, 1 to 100. The same types in every run and every cluster, and
   * those of a lower share are among those of a higher one: for a gentle start, or to keep buying a sample.
   * @default 100
   */
  readonly rollout?: number;
  /**
   * The share of the region's types above which a run refuses, 0 to 1.
   * @default 0.9: then the threshold or the feed is wrong
   */
  readonly maxBlacklistShare?: number;
  /**
   * How the interruptions of your own machines count, according to EC2 Capacity Manager: `report` shows them, `decide` lets
   * them replace AWS's bands where there are enough of them. Both let the role read EC2 Capacity Manager.
   * @default 'off'
   */
  readonly ownEvidence?: 'off' | 'report' | 'decide';
  /** How many days of them count, 7 to 90. @default 14 */
  readonly ownEvidenceDays?: number;
  /** How many times as often as your other machines a type must be interrupted to be risky, 1.1 to 10. @default 2 */
  readonly ownEvidenceRatio?: number;
  /** The home region of EC2 Capacity Manager, where it was enabled. @default the function's own */
  readonly ownEvidenceRegion?: string;
  /** Requests that start per pause, 1 to 100. @default 10 */
  readonly batchSize?: number;
  /** The pause in seconds, 0 to 300. @default 5: CAST AI publishes no rate limit */
  readonly batchPause?: number;
  /** CAST AI's API: the US, EU or Indian one. The API key is sent there. @default 'https://api.cast.ai' */
  readonly castaiApiUrl?: string;
  /** Another address of the Spot Advisor feed. @default AWS's public address */
  readonly spotAdvisorUrl?: string;
}

const REQUIRED = ['os', 'interruptionThreshold', 'blacklistHours'];

/** @returns every problem, each by its path; a value that CDK does not know yet is not checked */
export function settingsProblems(settings: SpotBlacklistSettings, schedule: Schedule): string[] {
  const given: Readonly<Record<string, unknown>> = { ...settings };
  // A setting of the table that is missing above is a compile error.
  const known: readonly (keyof SpotBlacklistSettings)[] = TARGET_ROWS.map(({ key }) => key);
  const unknown = Object.keys(given).filter((key) => !(known as readonly string[]).includes(key));
  return [
    ...TARGET_ROWS.flatMap(({ key, rule }) => {
      const value = given[key];
      if (value === undefined) return REQUIRED.includes(key) ? [`settings.${key} is missing`] : [];
      return valueProblems(rule.value, value, `settings.${key}`);
    }),
    ...unknown.map((key) => {
      const suggestion = nearestName(key, known);
      return `settings.${key} is not a setting${suggestion === undefined ? '' : `; did you mean ${suggestion}?`}`;
    }),
    ...(Token.isUnresolved(settings.blacklistHours)
      ? []
      : coverProblems(schedule, settings.blacklistHours, 'settings.blacklistHours')),
  ];
}

/** The name of a target that is given none. */
export const DEFAULT_TARGET_NAME = SETTINGS.targetName.default;

/** @returns the region of the only AWS call that own evidence takes; null if it takes none */
export function ownEvidenceRegion(
  { ownEvidence = 'off', ownEvidenceRegion: region }: SpotBlacklistSettings,
  own: string,
): string | null {
  return ownEvidence === 'off' ? null : (region ?? own);
}

/** @returns what is wrong with a value, each problem by its path; nothing for one that CDK does not know yet */
function valueProblems(rule: v.GenericSchema, value: unknown, path: string): string[] {
  if (Token.isUnresolved(value)) return [];
  return (v.safeParse(rule, value).issues ?? []).map((issue) => {
    const inside = v.getDotPath(issue);
    return `${path}${inside === null ? '' : `.${inside}`} ${issue.message}`;
  });
}

/** The rules that props share with cdk.json. The compiler does not check values from CDK's context, whose type is any. */
const { enabled, reservedConcurrency, runbookUrl } = configurationSchema.entries;
const RULES = { enabled, reservedConcurrency, runbookUrl, fanOut: targetSchema.entries.fanOut };

/** @returns the problems of a target's props besides `settings`, `schedule` and the secret */
export function propProblems(props: object): string[] {
  const given: Readonly<Record<string, unknown>> = { ...props };
  return Object.entries(RULES).flatMap(([name, rule]) =>
    given[name] === undefined ? [] : valueProblems(rule, given[name], name),
  );
}

/** The length assumed for a value that CDK does not know yet, in bytes: longer than most secrets' ARNs. */
const UNKNOWN = 200;

/** @returns a function's environment, with a stand-in for each value that CDK does not know yet */
export function estimated(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, text]) => [
      name,
      Token.isUnresolved(text) ? 'x'.repeat(UNKNOWN) : text,
    ]),
  );
}

import * as v from 'valibot';
import type { Flag, Setting } from './rules.ts';
import * as rules from './rules.ts';

export const OPERATIONS = ['apply', 'clear'] as const;

/** The longest lifetime of an entry, in hours. */
export const LONGEST_BLACKLIST = 168;

const policy = { scope: 'policy', inPayload: 'what-if' } as const;
const run = { scope: 'run', inPayload: 'what-if' } as const;
const connection = { scope: 'connection', inPayload: 'never' } as const;

const flagsUnder =
  (heading: string) =>
  (value: string | null, help: string): Flag => ({ heading, value, help });
const targetFlag = flagsUnder('Target:');
const blacklistFlag = flagsUnder('Policy:');
export const EVIDENCE_HEADING = 'Own evidence:';
const evidenceFlag = flagsUnder(EVIDENCE_HEADING);
const limitFlag = flagsUnder('Limits:');
const addressFlag = flagsUnder('Addresses:');
export const credentialFlag = flagsUnder(
  'Credentials (better in the environment: the process list shows flags):',
);

/** A floor: what it applies to is named in the help and, in Markdown, in the documentation. */
const floor = (counted: 'types' | 'families', value: number, ofHelp: string, ofDocs: string) => ({
  ...policy,
  rule: rules.numeric(`a whole number of ${counted}, 0 or more`, rules.whole(0)),
  default: value,
  flag: limitFlag('count', `the floor of each ${ofHelp}; 0 switches it off`),
  docs: `the floor, in ${counted}, of ${ofDocs}; 0 switches it off`,
});

export const SETTINGS = {
  os: {
    ...policy,
    rule: rules.word(/^[\w ./-]{1,32}$/, 'an operating system of the feed such as Linux'),
    flag: targetFlag('name', 'Linux or Windows'),
  },
  region: {
    ...run,
    rule: { value: rules.region, text: rules.region },
    default: null,
    defaultInWords: "the cluster's own",
    flag: targetFlag('name', 'AWS region such as us-east-1'),
  },
  clusters: {
    ...run,
    rule: rules.nameGlobs(),
    default: [],
    defaultInWords: 'every cluster',
    flag: targetFlag('globs', 'only clusters of these names, such as prod-*'),
    docs: 'globs of [cluster names](fleets.md#different-settings-for-some-clusters), such as `prod-*`; others are left alone',
  },
  exceptClusters: {
    ...run,
    rule: rules.nameGlobs(),
    default: [],
    defaultInWords: 'none',
    flag: targetFlag('globs', 'not the clusters of these names'),
    docs: 'the same for clusters to leave alone; takes precedence',
  },
  targetName: {
    ...run,
    rule: rules.targetName,
    default: 'default',
    flag: targetFlag('name', 'marks own entries'),
    docs: 'marks own entries; two targets of one cluster need two names',
  },
  formerTargetName: {
    ...run,
    rule: rules.targetName,
    default: null,
    flag: targetFlag('name', "the target's name before a rename: its entries count as own"),
    docs: "the target's name before [a rename](install.md#run): its entries count as own",
  },
  interruptionThreshold: {
    ...policy,
    rule: rules.interruptionThreshold,
    flag: blacklistFlag('percent', 'the interruptions you tolerate, in percent: 0, or 1 to below 100'),
  },
  blacklistHours: {
    ...policy,
    rule: rules.numeric(
      `a number of hours from 1 to ${LONGEST_BLACKLIST}`,
      rules.within(1, LONGEST_BLACKLIST),
    ),
    default: 5,
    flag: blacklistFlag('hours', 'how long an entry lasts, 1 to 168'),
    docs: 'how long an entry lasts, 1 to 168; at least twice the interval between runs, [preferably more](how-it-decides.md#an-example)',
  },
  neverBlacklist: {
    ...policy,
    rule: rules.typeGlobs(),
    default: [],
    flag: blacklistFlag('globs', 'types or families such as m5,c7i*.large; takes precedence over always'),
    docs: 'globs of types or families that are never blacklisted, such as `m5,c7i*.large`',
  },
  alwaysBlacklist: {
    ...policy,
    rule: rules.typeGlobs(),
    default: [],
    flag: blacklistFlag('globs', 'types or families that are blacklisted whatever their band'),
  },
  releaseCalm: {
    ...policy,
    rule: rules.yesOrNo(),
    default: false,
    flag: blacklistFlag(null, 'remove own entries of calm types at once'),
  },
  dryRun: {
    ...run,
    inPayload: 'live',
    rule: rules.yesOrNo(),
    default: false,
    flag: limitFlag(null, 'decide and show, write nothing'),
  },
  minTypesPerArchitecture: floor('types', 15, 'machine class', 'each [machine class](how-it-decides.md)'),
  minFamiliesPerArchitecture: floor(
    'families',
    5,
    'machine class',
    'each [machine class](how-it-decides.md)',
  ),
  minTypesPerTemplate: floor('types', 5, 'Spot template', 'each node template that may buy Spot'),
  minTypesPerSize: floor('types', 3, 'common machine size', 'each [common machine size](how-it-decides.md)'),
  relaxOnFallback: {
    ...policy,
    rule: rules.yesOrNo(),
    default: true,
    flag: limitFlag('true|false', 'give types back while a template buys on-demand for lack of Spot'),
    docs: 'whether types are given back [while a template buys on-demand](how-it-decides.md) for lack of Spot',
  },
  rollout: {
    ...policy,
    rule: rules.numeric('a percentage from 1 to 100', rules.within(1, 100)),
    default: 100,
    flag: limitFlag('percent', 'the share of the risky types that is kept off, 1 to 100'),
    docs: 'the share of the risky types that is kept off, in percent, 1 to 100: for [a gentle start, or a sample](how-it-decides.md)',
  },
  maxBlacklistShare: {
    ...policy,
    rule: rules.numeric('a share from 0 to 1', rules.within(0, 1)),
    default: 0.9,
    flag: limitFlag('share', 'the ceiling, 0 to 1'),
  },
  ownEvidence: {
    ...policy,
    rule: { value: rules.evidenceMode, text: rules.evidenceMode },
    default: 'off',
    flag: evidenceFlag('mode', "your own machines' interruptions: off, report or decide"),
    docs: '[your own machines](own-evidence.md): `off`; `report` shows them; with `decide` they count more than the band',
  },
  ownEvidenceDays: {
    ...policy,
    rule: rules.numeric('a whole number of days from 7 to 90', rules.whole(7, 90)),
    default: 14,
    flag: evidenceFlag('days', 'how many days count, 7 to 90'),
  },
  ownEvidenceRatio: {
    ...policy,
    rule: rules.numeric('a number from 1.1 to 10', rules.within(1.1, 10)),
    default: 2,
    flag: evidenceFlag('ratio', 'how many times as often as your others makes a type risky, 1.1 to 10'),
    docs: 'how many times as often as [your other machines](own-evidence.md) a type must be interrupted to be risky, 1.1 to 10; and the other way round to be calm',
  },
  ownEvidenceRegion: {
    ...policy,
    rule: { value: rules.region, text: rules.region },
    default: null,
    defaultInWords: "the function's own",
    flag: evidenceFlag('region', "EC2 Capacity Manager's home region"),
  },
  batchSize: {
    ...run,
    rule: rules.numeric('a whole number of requests from 1 to 100', rules.whole(1, 100)),
    default: 10,
    flag: limitFlag('count', 'requests started per pause, 1 to 100'),
    docs: 'requests started per pause (not counting retries), and in flight at once, 1 to 100',
  },
  batchPause: {
    ...run,
    rule: rules.numeric('a number of seconds from 0 to 300', rules.within(0, 300)),
    default: 5,
    flag: limitFlag('seconds', 'the pause in seconds, 0 to 300; 0 means no pause'),
  },
  scheduleGapMinutes: {
    ...run,
    inPayload: 'never',
    rule: rules.numeric('a number of minutes from 1 to 10080', rules.within(1, 10_080)),
    default: null,
    defaultInWords: 'unknown',
    flag: null,
    docs: 'the longest time between two scheduled runs; set by the stack',
  },
  scheduleTimes: {
    ...run,
    inPayload: 'never',
    rule: rules.timesOfDay(),
    default: null,
    defaultInWords: 'unknown',
    flag: null,
    docs: 'the times of day (UTC) of scheduled runs that are not evenly spaced, such as `08:00,20:00`; set by the stack',
  },
  castaiApiUrl: {
    ...connection,
    rule: { value: rules.castaiApiUrl, text: rules.castaiApiUrl },
    default: 'https://api.cast.ai',
    flag: addressFlag('url', 'or https://api.eu.cast.ai, https://api.india.cast.ai'),
    docs: 'or `https://api.eu.cast.ai`, `https://api.india.cast.ai`',
  },
  spotAdvisorUrl: {
    ...connection,
    rule: { value: rules.spotAdvisorUrl, text: rules.spotAdvisorUrl },
    default: 'https://spot-bid-advisor.s3.amazonaws.com/spot-advisor-data.json',
    defaultInWords: "AWS's public address",
    flag: addressFlag('url', "the feed's address, any https URL"),
  },
  eventBus: {
    ...connection,
    rule: rules.word(/^[\w./:-]{1,512}$/, "an event bus's name or ARN"),
    default: null,
    defaultInWords: 'none: no events',
    flag: null,
    docs: 'name or ARN of the EventBridge bus for [events](reference.md#events)',
  },
  fanOutQueueUrl: {
    ...connection,
    rule: { value: rules.fanOutQueueUrl, text: rules.fanOutQueueUrl },
    default: null,
    defaultInWords: 'none: a run does all clusters itself',
    flag: null,
    docs: 'the SQS FIFO queue for [jobs](fleets.md#fan-out); set by the stack',
  },
  secretId: {
    ...connection,
    inPayload: 'what-if',
    rule: rules.word(/^[\w/+=.@:!-]{1,2048}$/, "a secret's name or ARN"),
    flag: credentialFlag('name', 'the AWS Secrets Manager secret that holds them; or:'),
    docs: 'name or ARN of [the secret](#the-secret)',
  },
  operation: {
    ...run,
    inPayload: 'live',
    rule: { value: v.picklist(OPERATIONS, 'must be "apply" or "clear"'), text: null },
    default: 'apply',
    flag: null,
    docs: "`clear` removes the target's own entries; it needs no feed, OS or threshold",
  },
} as const satisfies Readonly<Record<string, Setting>>;

export interface ListedSetting extends Setting {
  readonly key: string;
  readonly variable: string;
}

/** The table as a list, in its order. */
export const SETTING_LIST: readonly ListedSetting[] = Object.entries<Setting>(SETTINGS).map(
  ([key, setting]) => ({ ...setting, key, variable: variableOf(key) }),
);

/** @returns the environment variable of a setting: `BLACKLIST_HOURS` for `blacklistHours` */
export function variableOf(key: string): string {
  return key.replaceAll(/[A-Z]/g, '_$&').toUpperCase();
}

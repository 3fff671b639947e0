import * as v from 'valibot';
import { CASTAI_API_URLS, whole, word } from '../../lambda/settings/rules.ts';
import { SETTING_LIST, SETTINGS } from '../../lambda/settings/table.ts';
import { scheduleOr } from '../construct/schedule.ts';

/*
 * What cdk.json's context may hold. A rule's message follows the setting's path: "schedule must be ...". Each
 * description is a row of the tables in docs/configuration.md.
 */

/** The days for which CloudWatch can keep logs; "never expire" is not offered. */
export const RETENTIONS = [
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
];

const flag = () => v.boolean('must be true or false');

// A name and not an ARN: the role's permission is built from the name, the account and the region.
export const secretName = word(
  /^[\w/+=.@-]{1,512}$/,
  "a secret's name (not its ARN): letters, digits and / _ + = . @ -",
);

type Rows = typeof SETTINGS;
type PayloadEntries = {
  readonly [K in keyof Rows as Rows[K]['inPayload'] extends 'never' ? never : K]: v.ExactOptionalSchema<
    Rows[K]['rule']['value'],
    undefined
  >;
};

/** What a payload may hold. TypeScript does not follow the keys through Object.fromEntries. */
const ofPayload = Object.fromEntries(
  SETTING_LIST.filter(({ inPayload }) => inPayload !== 'never').map(({ key, rule }) => {
    return [key, v.exactOptional(rule.value)];
  }),
) as PayloadEntries;

// Settings that have another name here (`name`, `secretName`), or are given only in a payload.
const { operation: _byHand, secretId: _secretName, targetName, ...settings } = ofPayload;

export const targetSchema = v.object(
  {
    name: v.pipe(
      targetName.wrapped,
      v.description("marks the target's entries, metrics and alarms; must be unique"),
    ),
    enabled: v.pipe(v.optional(flag(), true), v.description('`false` switches this target off')),
    secretName: v.pipe(
      v.exactOptional(secretName.value),
      v.description('another secret, for another organization or cluster'),
    ),
    fanOut: v.pipe(
      v.exactOptional(flag()),
      v.description('`true` divides the runs of [a large fleet](fleets.md#fan-out) into jobs of a queue'),
    ),
    ...settings,
    // The policy is in the configuration, not in hidden defaults.
    os: settings.os.wrapped,
    interruptionThreshold: settings.interruptionThreshold.wrapped,
    blacklistHours: settings.blacklistHours.wrapped,
  },
  shape,
);

const kmsKeyArn = word(
  /^arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:key\/[\w-]+$/,
  'the ARN of a KMS key (arn:aws:kms:<region>:<account>:key/<id>), not of an alias',
);

const apiUrl = `must be one of ${CASTAI_API_URLS.join(', ')} (or http:// on loopback, for tests), because the API key is sent there`;

const castaiApiUrl = v.pipe(
  v.string(apiUrl),
  v.trim(),
  v.check((url) => v.is(SETTINGS.castaiApiUrl.rule.value, url), apiUrl),
);

const concurrency =
  'must be a whole number from 1 to 1000, or null for no reservation; to stop all runs, set enabled to false';

const retention = `must be a number of days that CloudWatch supports: ${RETENTIONS.join(', ')}`;

export const runbookUrl = word(/^https:\/\/[\w.:/@~%-]{1,256}$/, 'an https:// address without an anchor');

export const configurationSchema = v.object(
  {
    enabled: v.pipe(v.optional(flag(), true), v.description('`false` is the kill switch: no target runs')),
    secretName: v.pipe(secretName.value, v.description("the secret's name, not its ARN")),
    kmsKeyArn: v.pipe(
      v.optional(v.nullable(kmsKeyArn.value), null),
      v.description("the key's ARN, if the secret is encrypted with a key of your own"),
    ),
    schedule: v.pipe(
      v.string('must be rate(...) or cron(...)'),
      v.trim(),
      v.rawTransform(({ dataset, addIssue, NEVER }) =>
        scheduleOr(dataset.value, (message) => {
          addIssue({ message });
          return NEVER;
        }),
      ),
      v.description("`rate(1 hour)`, or `cron(...)` in EventBridge's six fields, in UTC"),
    ),
    castaiApiUrl: v.optional(castaiApiUrl, SETTINGS.castaiApiUrl.default),
    spotAdvisorUrl: v.optional(v.nullable(SETTINGS.spotAdvisorUrl.rule.value), null),
    reservedConcurrency: v.pipe(
      v.optional(v.nullable(v.pipe(v.number(concurrency), v.check(whole(1, 1000), concurrency))), 1),
      v.description(
        'concurrent runs of a target (with `fanOut`, two more are reserved for jobs); `null` reserves none, for new accounts with a limit of 10',
      ),
    ),
    logRetentionDays: v.pipe(
      v.optional(
        v.pipe(
          v.number(retention),
          v.check((days) => RETENTIONS.includes(days), retention),
        ),
        30,
      ),
      v.description('a number of days that CloudWatch supports'),
    ),
    alarmEmail: v.pipe(
      v.optional(
        v.nullable(v.pipe(v.string('must be an e-mail address'), v.email('must be an e-mail address'))),
        null,
      ),
      v.description('the address that is notified of alarms'),
    ),
    chatTopic: v.pipe(
      v.optional(flag(), false),
      v.description('`true` creates a topic for [a chat channel](reference.md#chat-channel)'),
    ),
    runbookUrl: v.pipe(
      v.optional(v.nullable(runbookUrl.value), null),
      v.description(
        'the link in the alarms: an address of [the runbook](operate.md) that opens from an e-mail',
      ),
    ),
    targets: v.pipe(
      v.array(targetSchema, 'must be a list of targets'),
      v.minLength(1, 'must hold at least one target'),
      v.description('one or more, see below'),
    ),
  },
  shape,
);

/** A setting is missing, or a value is not an object where one is required. */
function shape(issue: v.ObjectIssue): string {
  return issue.path !== undefined && issue.received === 'undefined' ? 'is missing' : 'must be an object';
}

import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import * as v from 'valibot';
import { address, whole, word } from '../lambda/settings/rules.ts';
import { CASTAI_API_URLS, payloadSchema } from '../lambda/settings/schemas.ts';
import { readSchedule, ScheduleError } from './schedule.ts';

/*
 * What cdk.json's context may hold. A rule's message follows on the setting's path: "schedule must be ...".
 */

/** The days for which CloudWatch can keep logs; "for ever" is not offered. */
const RETENTIONS = Object.values(RetentionDays).filter(
  (days): days is RetentionDays => typeof days === 'number' && days !== RetentionDays.INFINITE,
);

const flag = () => v.boolean('must be true or false');

// A name and not an ARN: the role's permission is made of the name, the account and the region.
const secretName = word(
  /^[\w/+=.@-]{1,512}$/,
  "a secret's name (not its ARN): letters, digits and / _ + = . @ -",
);

// A payload's own settings, without those that are said differently here (`name`, `secretName`) or only by hand.
const { operation: _byHand, secretId: _secretName, targetName, ...settings } = payloadSchema.entries;

export const targetSchema = v.object(
  {
    /** Marks the target's own entries, its metrics and its alarms. */
    name: targetName.wrapped,
    /** Whether its rule runs it. */
    enabled: v.optional(flag(), true),
    /** Where its credentials are not in the common secret: another organization, another single cluster. */
    secretName: v.exactOptional(secretName.value),
    ...settings,
    // The policy stands in the configuration, not in defaults that nobody sees.
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

const castaiApiUrl = address(
  `one of ${CASTAI_API_URLS.join(', ')} (or http:// on loopback, for tests), because the API key is sent there`,
  ({ href }) => CASTAI_API_URLS.includes(href.replace(/\/$/, '')),
);

const spotAdvisorUrl = address('an https:// address', ({ protocol }) => protocol === 'https:');

const concurrency =
  'must be a whole number from 1 to 1000, or null for no reservation; to stop all runs, set enabled to false';

const retention = `must be a number of days that CloudWatch knows: ${RETENTIONS.join(', ')}`;

export const configurationSchema = v.object(
  {
    /** The kill switch: false disables every target's rule. */
    enabled: v.optional(flag(), true),
    /** The secret with CAST AI's credentials. */
    secretName: secretName.value,
    /** The customer managed key that the secret is encrypted with; null for Secrets Manager's own. */
    kmsKeyArn: v.optional(v.nullable(kmsKeyArn.value), null),
    schedule: v.pipe(
      v.string('must be rate(...) or cron(...)'),
      v.trim(),
      v.rawTransform(({ dataset, addIssue, NEVER }) => {
        try {
          return readSchedule(dataset.value);
        } catch (error) {
          if (!(error instanceof ScheduleError)) throw error;
          addIssue({ message: error.message });
          return NEVER;
        }
      }),
    ),
    castaiApiUrl: v.optional(castaiApiUrl, 'https://api.cast.ai'),
    /** Where else the feed is; null for AWS's own address. */
    spotAdvisorUrl: v.optional(v.nullable(spotAdvisorUrl), null),
    /** How many runs at once; null reserves none, for an account whose whole limit is 10. */
    reservedConcurrency: v.optional(
      v.nullable(v.pipe(v.number(concurrency), v.check(whole(1, 1000), concurrency))),
      1,
    ),
    logRetentionDays: v.optional(
      v.pipe(
        v.number(retention),
        v.check((days) => RETENTIONS.some((known) => known === days), retention),
      ),
      RetentionDays.ONE_MONTH,
    ),
    /** Who hears of alarms; null for nobody yet. */
    alarmEmail: v.optional(
      v.nullable(v.pipe(v.string('must be an e-mail address'), v.email('must be an e-mail address'))),
      null,
    ),
    /** Where the alarms' descriptions find the runbook. */
    runbookUrl: v.optional(
      word(/^[\w.:/@~%-]{1,256}$/, 'an address or a path, without an anchor').value,
      'docs/runbook.md',
    ),
    targets: v.pipe(
      v.array(targetSchema, 'must be a list of targets'),
      v.minLength(1, 'must hold at least one target'),
    ),
  },
  shape,
);

/** A setting that is missing, or something that is no object where one should be. */
function shape(issue: v.ObjectIssue): string {
  return issue.path !== undefined && issue.received === 'undefined' ? 'is missing' : 'must be an object';
}

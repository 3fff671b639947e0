import type { ISecurityGroup, IVpc, SubnetSelection } from 'aws-cdk-lib/aws-ec2';
import type { Schedule } from 'aws-cdk-lib/aws-events';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { Code } from 'aws-cdk-lib/aws-lambda';
import type { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { withoutKeys } from '../../lambda/input/plain-text.ts';
import type { SpotBlacklistSettings } from './target-settings.ts';

export interface SpotBlacklistProps {
  /**
   * The secret with the CAST AI credentials, as docs/configuration.md describes it. For one of another account,
   * give its ARN and the key that encrypts it.
   */
  readonly secret: ISecret;
  /**
   * The customer managed key that encrypts the secret; the function may use it for this secret only.
   * @default the key that `secret` names, if any; else Secrets Manager's own, which needs no permission
   */
  readonly secretEncryptionKey?: IKey;
  /** What the target is, and how it decides. */
  readonly settings: SpotBlacklistSettings;
  /**
   * When the target runs: a rate or a cron expression.
   * @default every hour: the feed changes about once a day, and a run that has nothing to write takes seconds
   */
  readonly schedule?: Schedule;
  /** Whether the rule runs the target. @default true */
  readonly enabled?: boolean;
  /**
   * Divides a fleet's runs into jobs of an SQS queue, one for each cluster: for fleets that are too large for a run of 15
   * minutes. Has no effect with a secret for a single cluster.
   * @default false: a run does all clusters itself
   */
  readonly fanOut?: boolean;
  /**
   * How many runs of the target may be in progress at once; `null` reserves none, for accounts with a limit of 10.
   * With `fanOut` two more are reserved, for the jobs, which have a function of their own.
   * @default 1: two at once would send every request to CAST AI twice
   */
  readonly reservedConcurrency?: number | null;
  /** The topic that is notified of alarms. @default none: the alarms only change state */
  readonly alarmTopic?: ITopic;
  /**
   * The topic that is notified of low-severity alarms.
   * @default `alarmTopic`: the names of these alarms contain `low`
   */
  readonly lowSeverityAlarmTopic?: ITopic;
  /**
   * Gets a message for each run that failed or changed more than expiries (with `fanOut`, only for each round that failed),
   * in the format of Amazon Q Developer in chat applications (Slack, Teams). The policies of the topic and of its key must let EventBridge publish; conditions on the
   * source do not work there. For a topic that CDK creates, its policy is extended.
   * @default none
   */
  readonly chatTopic?: ITopic;
  /**
   * The link in the alarms' texts: an address of docs/operate.md without an anchor, or of your own runbook with the same
   * anchors.
   * @default the file in the project; synth warns, because it does not open from an e-mail
   */
  readonly runbookUrl?: string;
  /**
   * Encrypts the log group. An imported key must allow CloudWatch Logs to use it.
   * @default CloudWatch's own key: no secret is logged
   */
  readonly encryptionKey?: IKey;
  /** How long logs are kept. @default a month */
  readonly logRetention?: RetentionDays;
  /**
   * Puts the function into a VPC. From there it must reach Secrets Manager, CAST AI and the feed: through a NAT gateway.
   * @default none: the function accepts no connections
   */
  readonly vpc?: IVpc;
  /** The subnets in `vpc`. @default those with egress through NAT */
  readonly vpcSubnets?: SubnetSelection;
  /** The security groups in `vpc`. @default one of its own that allows all outbound traffic */
  readonly securityGroups?: ISecurityGroup[];
  /**
   * The folder with the function's built code, or that code as CDK's `Code`.
   * @default the code in this package
   */
  readonly code?: string | Code;
}

/** The runbook's path in the project. */
export const RUNBOOK = 'docs/operate.md';

/** A construct cannot be created from its props. The message names every problem, one per line. */
export class UnusablePropsError extends Error {
  /**
   * @param what the construct, by its path
   * @param problems one sentence each
   */
  constructor(what: string, problems: readonly string[]) {
    super(
      // A value could be an API key in the wrong place.
      [`${what} cannot be used:`, ...problems.map((problem) => `  - ${withoutKeys(problem)}`)].join('\n'),
    );
    this.name = 'UnusablePropsError';
  }
}

import { CfnOutput, CfnResource, Stack, Token } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import { acknowledgeTopic } from '../construct/acknowledgements.ts';
import { addDashboard, addQueries } from '../construct/dashboard.ts';
import { type SpotBlacklistProps, UnusablePropsError } from '../construct/props.ts';
import { SpotBlacklist } from '../construct/spot-blacklist.ts';
import { AlarmTopic, ChatTopic } from '../construct/topics.ts';
import { type Configuration, isRun, settingsOf, type Target } from './configuration.ts';

export interface SpotBlacklistStackProps {
  readonly configuration: Configuration;
  /** The folder with the function's code, as built. */
  readonly bundle: string;
}

/** Everything that is deployed: each target of the configuration, and one alarm topic and one dashboard for all. */
export class SpotBlacklistStack extends Stack {
  /** @throws {UnusablePropsError} if AWS would reject the stack */
  constructor(scope: Construct, id: string, { configuration, bundle }: SpotBlacklistStackProps) {
    super(scope, id, {
      description: 'spot-blacklist: keeps a CAST AI blacklist in step with AWS Spot Advisor',
      // CloudFormation's limit is 1,000,000 bytes; indented, as many targets as its other quotas allow could exceed it.
      suppressTemplateIndentation: true,
    });
    // The topic and the dashboard keep their construct ids of 0.1, so an upgrade keeps them, and the confirmed subscription.
    const monitoring = new Construct(this, 'Monitoring');
    const alarmTopic = new AlarmTopic(monitoring, 'Alarms', configuration.alarmEmail);
    acknowledgeTopic(alarmTopic);
    const chatTopic = configuration.chatTopic ? new ChatTopic(monitoring, 'Chat') : undefined;
    if (chatTopic !== undefined) acknowledgeTopic(chatTopic);
    const shared = { code: bundle, alarmTopic, ...(chatTopic !== undefined && { chatTopic }) };
    const targets = configuration.targets.map((target) => ({
      construct: this.#target(configuration, target, shared),
      isDry: target.dryRun === true,
    }));
    addDashboard(
      monitoring,
      targets.map(({ construct }) => construct),
    );
    addQueries(
      monitoring,
      targets.map(({ construct }) => construct.logGroup),
    );
    addOutputs(this, { targets, alarmTopic, ...(chatTopic !== undefined && { chatTopic }) });
    checkQuotas(this);
  }

  #target(
    configuration: Configuration,
    target: Target,
    shared: Pick<SpotBlacklistProps, 'code' | 'alarmTopic' | 'chatTopic'>,
  ): SpotBlacklist {
    const { kmsKeyArn, runbookUrl, schedule } = configuration;
    const { name, secretName = configuration.secretName } = target;
    return new SpotBlacklist(this, `Target ${name}`, {
      secret: this.#once('Secret', secretName, (id) => Secret.fromSecretNameV2(this, id, secretName)),
      ...(kmsKeyArn !== null && {
        secretEncryptionKey: this.#once('Key', kmsKeyArn, (id) => Key.fromKeyArn(this, id, kmsKeyArn)),
      }),
      settings: settingsOf(configuration, target),
      schedule: Schedule.expression(schedule.expression),
      enabled: isRun(configuration, target),
      fanOut: target.fanOut ?? false,
      reservedConcurrency: configuration.reservedConcurrency,
      logRetention: configuration.logRetentionDays,
      ...(runbookUrl !== null && { runbookUrl }),
      ...shared,
    });
  }

  /** Imports once what several targets use. */
  #once<T extends Construct>(kind: string, name: string, make: (id: string) => T): T {
    const id = `${kind} ${name}`;
    const made = this.node.tryFindChild(id);
    return (made as T | undefined) ?? make(id);
  }
}

/**
 * CloudFormation's. No other quota is reached before these, as the tests show: with as many targets as 500 resources allow,
 * a dashboard has less than half of its 500 widgets, and the alarms are far below 5,000.
 */
const QUOTAS = { resources: 500, outputs: 200 };

/** @throws {UnusablePropsError} if CloudFormation would reject the stack because of its size */
function checkQuotas(stack: Stack): void {
  const all = stack.node.findAll();
  const count = {
    resources: all.filter((one) => CfnResource.isCfnResource(one)).length,
    outputs: all.filter((one) => one instanceof CfnOutput).length,
  };
  const problems = (['resources', 'outputs'] as const)
    .filter((what) => count[what] > QUOTAS[what])
    .map(
      (what) =>
        `it has ${count[what]} ${what}, but CloudFormation allows ${QUOTAS[what]}: split the targets into more stacks`,
    );
  if (problems.length > 0) throw new UnusablePropsError(stack.node.path, problems);
}

interface Outputs {
  readonly targets: readonly {
    readonly construct: SpotBlacklist;
    /** Whether it is deployed as a dry run. */
    readonly isDry: boolean;
  }[];
  /** Undefined if the stack does not create one. */
  readonly alarmTopic?: ITopic;
  /** Undefined if the stack does not create one. */
  readonly chatTopic?: ITopic;
}

/** What `cdk deploy` prints at the end: names, and for each target commands that are ready to paste. */
export function addOutputs(stack: Stack, { targets, alarmTopic, chatTopic }: Outputs): void {
  const add = (id: string, value: string, description: string) =>
    new CfnOutput(stack, id, { value, description });
  if (alarmTopic !== undefined)
    add(
      'AlarmTopicArn',
      alarmTopic.topicArn,
      'The SNS topic for alarms: subscribe everyone who is to be notified',
    );
  if (chatTopic !== undefined)
    add(
      'ChatTopicArn',
      chatTopic.topicArn,
      'The SNS topic for changes and failures: choose it for a channel in Amazon Q Developer',
    );
  for (const [index, { construct, isDry }] of targets.entries()) {
    const { handler, rule, logGroup, failureQueue, jobs } = construct;
    // CloudFormation does not allow parameters in a description.
    const targetName = Token.isUnresolved(construct.targetName) ? 'the target' : construct.targetName;
    const suffix = targets.length === 1 ? '' : `${index + 1}`;
    add(`FunctionName${suffix}`, handler.functionName, `The function of ${targetName}`);
    add(`LogGroupName${suffix}`, logGroup.logGroupName, `The log group of ${targetName}`);
    add(`FailureQueueUrl${suffix}`, failureQueue.queueUrl, `The queue of its runs that failed for good`);
    if (jobs !== undefined) {
      add(`JobFunctionName${suffix}`, jobs.handler.functionName, `The function of its jobs`);
      add(
        `DeadJobQueueUrl${suffix}`,
        jobs.deadQueue.queueUrl,
        'The queue of its jobs that crashed or timed out twice',
      );
      add(
        `StopCommand${suffix}`,
        `aws events disable-rule --name ${rule.ruleName} && aws lambda update-event-source-mapping --uuid ${jobs.mapping.eventSourceMappingId} --no-enabled`,
        `Stops the rounds of ${targetName}, and the jobs that wait`,
      );
    }
    add(
      `DryRunCommand${suffix}`,
      command(handler.functionName, { dryRun: true }, 'dry-run.json'),
      `Shows what ${targetName} would do, and changes nothing`,
    );
    add(
      `ClearCommand${suffix}`,
      // Clearing must not be a dry run even if the target is deployed as one.
      command(handler.functionName, { operation: 'clear', ...(isDry && { dryRun: false }) }, 'clear.json'),
      `Removes every entry that ${targetName} wrote`,
    );
  }
}

/**
 * For versions 1 and 2 of the AWS CLI: a payload on the command line is base64 for version 2 only, and the option that
 * changes that is unknown to version 1; both read a binary file unchanged.
 * The CLI waits for a minute by default and then invokes again; a run may take 15, so it waits for 16.
 */
function command(functionName: string, payload: object, file: string): string {
  return [
    `echo '${JSON.stringify(payload)}' |`,
    `aws lambda invoke --function-name ${functionName}`,
    `--cli-read-timeout 960 --payload fileb:///dev/stdin ${file}`,
  ].join(' ');
}

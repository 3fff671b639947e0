import { CfnOutput, CfnResource, Stack } from 'aws-cdk-lib';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { acknowledgeTopic } from '../construct/acknowledgements.ts';
import { addDashboard, addQueries } from '../construct/dashboard.ts';
import { addOutputs } from '../construct/outputs.ts';
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
      // CloudFormation takes 1,000,000 bytes; indented, as many targets as it has room for could take more.
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
const MOST = { resources: 500, outputs: 200 };

/** @throws {UnusablePropsError} if CloudFormation would reject the stack because of its size */
function checkQuotas(stack: Stack): void {
  const all = stack.node.findAll();
  const count = {
    resources: all.filter((one) => CfnResource.isCfnResource(one)).length,
    outputs: all.filter((one) => one instanceof CfnOutput).length,
  };
  const problems = (['resources', 'outputs'] as const)
    .filter((what) => count[what] > MOST[what])
    .map(
      (what) =>
        `it has ${count[what]} ${what}, but CloudFormation allows ${MOST[what]}: split the targets into more stacks`,
    );
  if (problems.length > 0) throw new UnusablePropsError(stack.node.path, problems);
}

import { ArnFormat, Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';
import { EVENT_SOURCE } from '../../lambda/report/metric-names.ts';

/** Encrypts one topic: no AWS service may publish with SNS's own key, and its messages would be lost silently. */
class TopicKey extends Key {
  /** @param what is published, in words */
  constructor(scope: Construct, id: string, what: string) {
    super(scope, id, {
      description: `Encrypts the ${what} of spot-blacklist`,
      enableKeyRotation: true,
      removalPolicy: RemovalPolicy.DESTROY,
      // KMS's minimum: nothing that was encrypted with it is kept.
      pendingWindow: Duration.days(7),
    });
  }
}

const CLOUDWATCH = new ServicePrincipal('cloudwatch.amazonaws.com');

/** Publishes every alarm, by e-mail or any other subscription. */
export class AlarmTopic extends Topic {
  /** @param email the address that is notified, once its owner has confirmed SNS's e-mail; null for none */
  constructor(scope: Construct, id: string, email: string | null) {
    const key = new TopicKey(scope, `${id}Key`, 'alarms');
    const alarms = Stack.of(scope).formatArn({
      service: 'cloudwatch',
      resource: 'alarm',
      resourceName: '*',
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    // CloudWatch acts for every customer's alarms: only those of this account and region may use the key and the topic.
    const conditions = {
      StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
      ArnLike: { 'aws:SourceArn': alarms },
    };
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'EncryptAlarms',
        principals: [CLOUDWATCH],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        // In a key's policy this means the key itself.
        resources: ['*'],
        conditions,
      }),
    );
    super(scope, id, { displayName: 'spot-blacklist', masterKey: key, enforceSSL: true });
    // This policy replaces the default one, which lets the account's alarms publish.
    this.addToResourcePolicy(
      new PolicyStatement({
        sid: 'PublishAlarms',
        principals: [CLOUDWATCH],
        actions: ['sns:Publish'],
        resources: [this.topicArn],
        conditions,
      }),
    );
    if (email !== null) this.addSubscription(new EmailSubscription(email));
  }
}

/** Receives messages for a chat channel from the rules of any number of targets. */
export class ChatTopic extends Topic {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      displayName: 'spot-blacklist changes',
      // Not the alarms' key: CDK lets EventBridge use it, as the topic, without conditions. EventBridge satisfies no
      // condition when it publishes, and the messages would be lost silently.
      masterKey: new TopicKey(scope, `${id}Key`, 'chat messages'),
      enforceSSL: true,
    });
  }
}

export interface ChatRuleProps {
  readonly topic: ITopic;
  readonly targetName: string;
  readonly logGroupName: string;
  /** Undefined if there is no address that opens from a chat. */
  readonly runbookUrl: string | undefined;
}

/**
 * Matches any text without quotes and backslashes; no summary of a run has any. Otherwise, anyone who may put events on the
 * bus could forge one that changes the rest of the message.
 */
const UNQUOTED = [{ 'anything-but': { wildcard: ['*"*', '*\\\\*'] } }];

/**
 * Sends each run of a target that failed or changed something to a topic, as Amazon Q Developer in chat applications shows
 * it. Other runs have no summary, and are not worth a message every hour. With fan-out, only failed rounds have one: the
 * changes of jobs are in their own events, hundreds an hour.
 */
export class ChatRule extends Rule {
  constructor(scope: Construct, id: string, { topic, targetName, logGroupName, runbookUrl }: ChatRuleProps) {
    const summary = EventField.fromPath('$.detail.summary');
    const where = `Details are in the log group ${logGroupName} in ${Aws.REGION}, account ${Aws.ACCOUNT_ID}.`;
    super(scope, id, {
      description: `Notifies a chat channel of changes and failures of the spot-blacklist target ${targetName}`,
      eventPattern: {
        // Not an event that another account was allowed to put on the bus.
        account: [Aws.ACCOUNT_ID],
        source: [EVENT_SOURCE],
        detailType: ['Run Completed', 'Run Failed'],
        detail: { target: { name: [targetName] }, summary: UNQUOTED },
      },
      targets: [
        new SnsTopic(topic, {
          // EventBridge does not escape what it inserts, so nothing is inserted that could end the text around it.
          message: RuleTargetInput.fromObject({
            version: '1.0',
            source: 'custom',
            content: {
              textType: 'client-markdown',
              title: `spot-blacklist: ${EventField.fromPath('$.detail-type')} (${targetName})`,
              description: `${summary} ${where}`,
              ...(runbookUrl !== undefined && { nextSteps: [`Runbook: ${runbookUrl}`] }),
            },
          }),
        }),
      ],
    });
  }
}

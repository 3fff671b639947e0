import { Aws } from 'aws-cdk-lib';
import { EventField, Rule, RuleTargetInput } from 'aws-cdk-lib/aws-events';
import { SnsTopic } from 'aws-cdk-lib/aws-events-targets';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Key } from 'aws-cdk-lib/aws-kms';
import { type ITopic, Topic } from 'aws-cdk-lib/aws-sns';
import type { Construct } from 'constructs';
import { EVENT_SOURCE } from './events.ts';

/** Receives messages for a chat channel from the rules of any number of targets. */
export class ChatTopic extends Topic {
  /** @param masterKey encrypts the topic */
  constructor(scope: Construct, id: string, masterKey: Key) {
    masterKey.addToResourcePolicy(
      new PolicyStatement({
        sid: 'EncryptChat',
        principals: [new ServicePrincipal('events.amazonaws.com')],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
        // In a key's policy this means the key itself.
        resources: ['*'],
        // No conditions: EventBridge meets none when it publishes to a topic, neither here nor in the topic's policy, and
        // the messages would be lost silently.
      }),
    );
    super(scope, id, { displayName: 'spot-blacklist changes', masterKey, enforceSSL: true });
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
 * Sends each run of a target that failed or changed something to a topic, as Amazon Q Developer in chat applications
 * shows it. Other runs have no summary, and are not worth a message every hour. With fan-out, only failed rounds have one: what
 * jobs change is in their own events, hundreds in an hour.
 */
export class ChatRule extends Rule {
  constructor(scope: Construct, id: string, { topic, targetName, logGroupName, runbookUrl }: ChatRuleProps) {
    const summary = EventField.fromPath('$.detail.summary');
    const where = `Details are in the log group ${logGroupName} in ${Aws.REGION}, account ${Aws.ACCOUNT_ID}.`;
    super(scope, id, {
      description: `Notifies a chat channel of changes and failures of the spot-blacklist target ${targetName}`,
      eventPattern: {
        source: [EVENT_SOURCE],
        detailType: ['Run Completed', 'Run Failed'],
        detail: { target: { name: [targetName] }, summary: [{ exists: true }] },
      },
      targets: [
        new SnsTopic(topic, {
          // EventBridge does not escape what it inserts, so nothing is inserted that could hold a quote or a newline.
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

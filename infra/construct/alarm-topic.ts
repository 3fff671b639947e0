import { ArnFormat, Aws, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';

/** Encrypts one topic: no AWS service may publish with SNS's own key, and its messages would be lost silently. */
export class TopicKey extends Key {
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

export interface AlarmTopicProps {
  /** The address that is notified of alarms, once its owner has confirmed SNS's e-mail; null for none. */
  readonly email: string | null;
}

/** Publishes every alarm, by e-mail or any other subscription. */
export class AlarmTopic extends Topic {
  constructor(scope: Construct, id: string, { email }: AlarmTopicProps) {
    const key = new TopicKey(scope, `${id}Key`, 'alarms');
    // CloudWatch acts for every customer's alarms: only those of this account and region may use the key and the topic.
    const conditions = {
      StringEquals: { 'aws:SourceAccount': Aws.ACCOUNT_ID },
      ArnLike: { 'aws:SourceArn': alarmsOf(scope) },
    };
    key.addToResourcePolicy(
      new PolicyStatement({
        sid: 'EncryptAlarms',
        effect: Effect.ALLOW,
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
        effect: Effect.ALLOW,
        principals: [CLOUDWATCH],
        actions: ['sns:Publish'],
        resources: [this.topicArn],
        conditions,
      }),
    );
    if (email !== null) this.addSubscription(new EmailSubscription(email));
  }
}

/** @returns the ARN that every alarm of the account and region has */
function alarmsOf(scope: Construct): string {
  return Stack.of(scope).formatArn({
    service: 'cloudwatch',
    resource: 'alarm',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
}

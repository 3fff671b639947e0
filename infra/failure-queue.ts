import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

/** Holds runs that failed for good, and events that could not be delivered, until they are examined. */
export class FailureQueue extends Queue {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      // SQS's own key: a message is an error without secrets.
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // SQS's maximum: a failure must still be there after a holiday.
      retentionPeriod: Duration.days(14),
      // It holds nothing that a new run would not repeat.
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}

import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
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

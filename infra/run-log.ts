import { ArnFormat, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

export interface RunLogProps {
  readonly retention: RetentionDays;
  /** Undefined for CloudWatch's own key. */
  readonly encryptionKey: IKey | undefined;
}

/** Where a target's runs are logged. */
export class RunLog extends LogGroup {
  constructor(scope: Construct, id: string, { retention, encryptionKey }: RunLogProps) {
    super(scope, id, {
      retention,
      ...(encryptionKey !== undefined && { encryptionKey }),
      // Deleted with the stack: it holds nothing that is needed later, and nothing that costs money remains.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    if (encryptionKey === undefined) return;
    const { region } = Stack.of(this);
    // CloudWatch Logs rejects a group whose key it may not use. CDK leaves that to the key's owner.
    encryptionKey.addToResourcePolicy(
      new PolicyStatement({
        sid: 'EncryptLogs',
        principals: [new ServicePrincipal(`logs.${region}.amazonaws.com`)],
        actions: ['kms:Encrypt*', 'kms:Decrypt*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*', 'kms:Describe*'],
        // In a key's policy this means the key itself.
        resources: ['*'],
        conditions: {
          // Not this group's ARN: key and group would depend on each other.
          ArnLike: {
            'kms:EncryptionContext:aws:logs:arn': Stack.of(this).formatArn({
              service: 'logs',
              resource: 'log-group',
              resourceName: '*',
              arnFormat: ArnFormat.COLON_RESOURCE_NAME,
            }),
          },
        },
      }),
    );
  }
}

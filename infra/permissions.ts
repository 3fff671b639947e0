import { Aws } from 'aws-cdk-lib';
import { Effect, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';

export interface FunctionRoleProps {
  /** The secrets that a target reads, by name. */
  readonly secretNames: readonly string[];
  /** The customer managed key of the secrets; null where Secrets Manager's own key encrypts them. */
  readonly kmsKeyArn: string | null;
  readonly logGroup: ILogGroup;
  readonly failureQueue: IQueue;
}

/**
 * The function's role: all that it may do. No AWS-managed policy, because those cover every log group of the account.
 * Tracing is added by CDK: X-Ray knows no resources, so it is the one statement on `*`.
 */
export class FunctionRole extends Role {
  constructor(scope: Construct, id: string, props: FunctionRoleProps) {
    super(scope, id, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: 'What the spot-blacklist function may do',
    });
    const secretArns = props.secretNames.map((name) => secretArn(this, name));
    this.addToPolicy(
      new PolicyStatement({
        sid: 'ReadSecrets',
        effect: Effect.ALLOW,
        // Not CDK's grantRead, which adds DescribeSecret: a run reads the value and asks nothing about it.
        actions: ['secretsmanager:GetSecretValue'],
        resources: secretArns,
      }),
    );
    if (props.kmsKeyArn !== null) {
      this.addToPolicy(
        new PolicyStatement({
          sid: 'DecryptSecrets',
          effect: Effect.ALLOW,
          actions: ['kms:Decrypt'],
          resources: [props.kmsKeyArn],
          conditions: {
            // Only through Secrets Manager, and only for these secrets: it names the one it decrypts.
            StringEquals: { 'kms:ViaService': `secretsmanager.${Aws.REGION}.amazonaws.com` },
            StringLike: { 'kms:EncryptionContext:SecretARN': secretArns },
          },
        }),
      );
    }
    this.addToPolicy(
      new PolicyStatement({
        sid: 'WriteOwnLogs',
        effect: Effect.ALLOW,
        // No CreateLogGroup: the stack makes the group, with its retention.
        actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        resources: [props.logGroup.logGroupArn],
      }),
    );
    this.addToPolicy(
      new PolicyStatement({
        sid: 'ReportFailures',
        effect: Effect.ALLOW,
        actions: ['sqs:SendMessage'],
        resources: [props.failureQueue.queueArn],
      }),
    );
  }
}

/** Secrets Manager adds a hyphen and six characters to a secret's name; six question marks admit no other secret. */
function secretArn(scope: Construct, name: string): string {
  const secret = Secret.fromSecretNameV2(scope, `Secret ${name}`, name);
  return `${secret.secretArn}-??????`;
}

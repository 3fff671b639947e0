import { Stack, Token, TokenComparison } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import * as v from 'valibot';
import { EVENT_SOURCE } from '../../lambda/report/metric-names.ts';
import { secretName } from '../stack/configuration-schema.ts';

export interface FunctionRoleProps {
  readonly secret: ISecret;
  /** The customer managed key of the secret; undefined where Secrets Manager's own key encrypts it. */
  readonly secretEncryptionKey: IKey | undefined;
  readonly logGroup: ILogGroup;
  /** Undefined for a function that is not invoked asynchronously. */
  readonly failureQueue?: IQueue;
  /** The region where the function may query EC2 Capacity Manager; null if it does not need to. */
  readonly ownEvidenceRegion: string | null;
  /** Whether the function is in a VPC. */
  readonly isInVpc: boolean;
}

/** What Lambda needs to put a function into a VPC; the resources cannot be named in advance. */
const JOIN_VPC = [
  'ec2:CreateNetworkInterface',
  'ec2:DescribeNetworkInterfaces',
  'ec2:DeleteNetworkInterface',
  'ec2:DescribeSubnets',
  'ec2:AssignPrivateIpAddresses',
  'ec2:UnassignPrivateIpAddresses',
];

/**
 * A role with the permissions of every function of a target. No AWS-managed policy, because those cover every log group of
 * the account. CDK adds tracing, for all resources: X-Ray has none.
 */
export class FunctionRole extends Role {
  constructor(scope: Construct, id: string, props: FunctionRoleProps) {
    super(scope, id, {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: 'What the spot-blacklist function may do',
    });
    const { region } = Stack.of(this);
    const secretArn = arnOf(props.secret);
    // Not CDK's grantRead, which adds DescribeSecret: a run only reads the value.
    this.allow('ReadSecret', ['secretsmanager:GetSecretValue'], secretArn);
    if (props.secretEncryptionKey !== undefined)
      this.allow('DecryptSecret', ['kms:Decrypt'], props.secretEncryptionKey.keyArn, {
        // Only through Secrets Manager, and only for this secret: it names the one it decrypts.
        StringEquals: { 'kms:ViaService': `secretsmanager.${region}.amazonaws.com` },
        StringLike: { 'kms:EncryptionContext:SecretARN': secretArn },
      });
    // No CreateLogGroup: the construct makes the group, with its retention.
    this.allow('WriteOwnLogs', ['logs:CreateLogStream', 'logs:PutLogEvents'], props.logGroup.logGroupArn);
    if (props.failureQueue !== undefined)
      this.allow('ReportFailures', ['sqs:SendMessage'], props.failureQueue.queueArn);
    const defaultBus = Stack.of(this).formatArn({
      service: 'events',
      resource: 'event-bus',
      resourceName: 'default',
    });
    this.allow('TellWhatChanged', ['events:PutEvents'], defaultBus, {
      StringEquals: { 'events:source': EVENT_SOURCE },
    });
    if (props.ownEvidenceRegion !== null) {
      const actions = ['ec2:GetCapacityManagerAttributes', 'ec2:GetCapacityManagerMetricData'];
      // The actions do not support resources.
      this.allow('ReadOwnEvidence', actions, '*', {
        StringEquals: { 'aws:RequestedRegion': props.ownEvidenceRegion },
      });
    }
    if (props.isInVpc) this.allow('JoinVpc', JOIN_VPC, '*');
  }

  /** @param sid the statement's name, which says what it is for */
  allow(sid: string, actions: string[], resource: string, conditions: Record<string, object> = {}): void {
    this.addToPolicy(new PolicyStatement({ sid, actions, resources: [resource], conditions }));
  }
}

/** How the function names the secret: as short as is unambiguous, so that errors can repeat it in commands. */
export function secretIdOf(scope: Construct, secret: ISecret): string {
  const { account } = Stack.of(scope);
  if (secret.secretFullArn !== undefined) return secret.secretFullArn;
  return secret.env.account === account ? secret.secretName : secret.secretArn;
}

/** @returns the reasons why the function could not read the secret, one sentence each */
export function secretProblems(scope: Construct, secret: ISecret, key: IKey | undefined): string[] {
  const { account, region } = Stack.of(scope);
  const isOf = (where: string, here: string) =>
    Token.compareStrings(where, here) !== TokenComparison.DIFFERENT;
  const isName = Token.isUnresolved(secret.secretName) || v.is(secretName.value, secret.secretName);
  return [
    ...(isName && !/[*?]/.test(secret.secretArn)
      ? []
      : [
          'secret must be one secret: import it by its name alone, or by its whole ARN (fromSecretCompleteArn), without wildcards',
        ]),
    // In a role's policy, a key's alias does not stand for the key.
    ...(key !== undefined && /[*?]|:alias\//.test(key.keyArn)
      ? ['secretEncryptionKey must be one key, by its id, and not an alias']
      : []),
    ...(isOf(secret.env.account, account) || key !== undefined
      ? []
      : [
          `secret belongs to the account ${secret.env.account}, not to ${account}, but no key is given: Secrets Manager's own key works in one account only. Encrypt the secret with a key of your own, allow this account to use it, and pass it as secretEncryptionKey`,
        ]),
    ...(isOf(secret.env.region, region)
      ? []
      : [`secret is in ${secret.env.region}, not in ${region}, where the function runs. Replicate it there`]),
  ];
}

/** Secrets Manager adds a hyphen and six characters to a secret's name; six question marks admit no other secret. */
function arnOf(secret: ISecret): string {
  return secret.secretFullArn ?? `${secret.secretArn}-??????`;
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ArnFormat, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { ISecurityGroup } from 'aws-cdk-lib/aws-ec2';
import { type IRole, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import {
  ApplicationLogLevel,
  Architecture,
  Code,
  Function as LambdaFn,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { hashOfInputs, inputsFileOf } from '../../build/inputs.ts';
import { type SpotBlacklistProps, UnusablePropsError } from './props.ts';
import { RUN_TIMEOUT, type Schedule } from './schedule.ts';

/**
 * A function's memory, in MB. Measured (`npm run bench -- growth`): a first run of 450 writes peaks at 150 MB, one of a
 * hundred clusters at 300. A run mostly waits, so the rest costs cents a month, and buys a faster start.
 */
export const MEMORY_SIZE = 512;

/** There is no code to deploy, or it was not built from the current sources. */
export class BundleError extends Error {}

/**
 * The folder with the function's code. `cdk` builds it before each synth (cdk.json's `build`); this checks it when
 * infra/stack/app.ts runs without it.
 *
 * @param root the project's folder
 * @throws {BundleError} if the bundle is missing, or was not built from the current sources
 */
export function bundleIn(root: string): string {
  const folder = join(root, 'dist', 'handler');
  if (!existsSync(join(folder, 'index.mjs')))
    throw new BundleError('dist/handler/index.mjs is missing: run npm run build.');
  const inputs = inputsFileOf(folder);
  if (!existsSync(inputs) || readFileSync(inputs, 'utf8') !== hashOfInputs(root))
    throw new BundleError('dist/handler was not built from the current sources: run npm run build.');
  return folder;
}

/**
 * How long an event may wait: five minutes less than the shortest time between two runs; the services require at
 * least a minute.
 */
export function eventAge({ shortestGap }: Schedule, longest: Duration): Duration {
  return Duration.minutes(Math.min(longest.toMinutes(), Math.max(1, shortestGap - 5)));
}

export interface TargetFunctionProps {
  readonly props: SpotBlacklistProps;
  readonly description: string;
  /** The file in the bundle that exports `handler`. */
  readonly entry: 'index' | 'fleet';
  readonly environment: Readonly<Record<string, string>>;
  readonly role: IRole;
  readonly logGroup: ILogGroup;
  /** How many invocations may be in progress at once, and are reserved; null reserves none. */
  readonly concurrency: number | null;
  /** Undefined for those of the props. */
  readonly securityGroups?: ISecurityGroup[];
}

/** A function of a target. */
export class TargetFunction extends LambdaFn {
  constructor(scope: Construct, id: string, { props, entry, concurrency, ...more }: TargetFunctionProps) {
    const { vpc, vpcSubnets } = props;
    const securityGroups = more.securityGroups ?? props.securityGroups;
    super(scope, id, {
      description: more.description,
      runtime: Runtime.NODEJS_24_X,
      // A fifth cheaper than x86_64 for the same memory, and all code is JavaScript.
      architecture: Architecture.ARM_64,
      code: codeOf(scope, props),
      handler: `${entry}.handler`,
      memorySize: MEMORY_SIZE,
      timeout: Duration.minutes(RUN_TIMEOUT),
      role: more.role,
      environment: more.environment,
      logGroup: more.logGroup,
      // One JSON object per line, including the platform's: everything can be queried by field.
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.INFO,
      // Shows where a slow run spent its time: the secret, the feed or CAST AI.
      tracing: Tracing.ACTIVE,
      ...(concurrency !== null && { reservedConcurrentExecutions: concurrency }),
      ...(vpc !== undefined && { vpc }),
      ...(vpcSubnets !== undefined && { vpcSubnets }),
      ...(securityGroups !== undefined && { securityGroups }),
    });
  }
}

/** Holds runs that failed for good, and events that could not be delivered, until they are examined. */
export class FailureQueue extends Queue {
  constructor(scope: Construct, id: string) {
    super(scope, id, {
      // SQS's own key: a message is an error without secrets.
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // SQS's maximum: a failure must still be there after a holiday.
      retentionPeriod: Duration.days(14),
      // A new run repeats everything that it holds.
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }
}

function codeOf(scope: Construct, { code = builtCode(scope) }: SpotBlacklistProps): Code {
  // CDK's hash is over names and contents, so the same sources give the same asset anywhere.
  return typeof code === 'string' ? Code.fromAsset(code) : code;
}

/** The code beside this module: in the package, and in the project after a build. */
function builtCode(scope: Construct): string {
  const places = [
    join(import.meta.dirname, '..', 'handler'),
    join(import.meta.dirname, '..', '..', 'dist', 'handler'),
  ];
  const built = places.find((place) => existsSync(join(place, 'index.mjs')));
  if (built !== undefined) return built;
  throw new UnusablePropsError(scope.node.path, [
    "the function's code is missing: build it (npm run build), or pass its folder as code",
  ]);
}

/** Where a target's runs are logged. */
export class RunLog extends LogGroup {
  /** @param encryptionKey undefined for CloudWatch's own key */
  constructor(scope: Construct, id: string, retention: RetentionDays, encryptionKey: IKey | undefined) {
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

import { Annotations, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
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
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledgeFindings } from './acknowledgements.ts';
import { type Configuration, isRun, payloadOf, type Target } from './configuration.ts';
import { MEMORY_SIZE, RUN_TIMEOUT } from './limits.ts';
import { Monitoring } from './monitoring.ts';
import { addOutputs } from './outputs.ts';
import { FunctionRole } from './permissions.ts';
import type { Schedule as Gaps } from './schedule.ts';
import { warningsAbout } from './warnings.ts';

export interface SpotBlacklistStackProps {
  readonly configuration: Configuration;
  /** The folder with the function's code, as built. */
  readonly bundle: string;
}

interface FunctionParts extends SpotBlacklistStackProps {
  readonly role: FunctionRole;
  readonly logGroup: LogGroup;
  readonly failureQueue: Queue;
}

/** Everything that is deployed: one function, one rule for each target, and what watches them. */
export class SpotBlacklistStack extends Stack {
  constructor(scope: Construct, id: string, { configuration, bundle }: SpotBlacklistStackProps) {
    super(scope, id, {
      description: 'spot-blacklist: keeps a CAST AI blacklist in step with AWS Spot Advisor',
    });

    const failureQueue = new Queue(this, 'Failures', {
      // SQS's own key: what lies here is a target's settings and an error without secrets.
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      // SQS's longest: a failure must still be there after a holiday.
      retentionPeriod: Duration.days(14),
      // It holds nothing that a new run would not repeat.
      removalPolicy: RemovalPolicy.DESTROY,
    });

    const logGroup = new LogGroup(this, 'Log', {
      retention: configuration.logRetentionDays,
      // Goes with the stack: nothing that is needed later is only here, and nothing is left to be paid for.
      removalPolicy: RemovalPolicy.DESTROY,
    });

    const role = new FunctionRole(this, 'Role', {
      secretNames: secretNamesIn(configuration),
      kmsKeyArn: configuration.kmsKeyArn,
      logGroup,
      failureQueue,
    });
    const handler = this.#function({ configuration, bundle, role, logGroup, failureQueue });
    const rules = new Map(
      configuration.targets.map((target) => [
        target.name,
        this.#rule(configuration, target, handler, failureQueue),
      ]),
    );

    const { alarmTopic } = new Monitoring(this, 'Monitoring', {
      configuration,
      handler,
      rules,
      failureQueue,
    });
    addOutputs(this, { handler, alarmTopic, failureQueue, logGroup, targets: configuration.targets });
    for (const { id, message } of warningsAbout(configuration)) {
      Annotations.of(this).addWarningV2(`spot-blacklist:${id}`, message);
    }
    acknowledgeFindings({ role, handler, failureQueue, alarmTopic });
  }

  #function({ configuration, bundle, role, logGroup, failureQueue }: FunctionParts): LambdaFn {
    const handler = new LambdaFn(this, 'Function', {
      description: 'Blacklists at CAST AI, for Spot only, what Spot Advisor says is interrupted too often',
      runtime: Runtime.NODEJS_24_X,
      // A fifth cheaper than x86_64 for the same memory, and all code is JavaScript.
      architecture: Architecture.ARM_64,
      // CDK's hash is over names and contents, so the same sources give the same asset anywhere.
      code: Code.fromAsset(bundle),
      handler: 'index.handler',
      memorySize: MEMORY_SIZE,
      timeout: Duration.minutes(RUN_TIMEOUT),
      role,
      environment: {
        // Only what is the same for all targets; theirs is in their rules' input, so none inherits another's.
        SECRET_ID: configuration.secretName,
        CASTAI_API_URL: configuration.castaiApiUrl,
        ...(configuration.spotAdvisorUrl === null ? {} : { SPOT_ADVISOR_URL: configuration.spotAdvisorUrl }),
      },
      logGroup,
      // One JSON object a line, the platform's too: everything can be queried by field.
      loggingFormat: LoggingFormat.JSON,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      systemLogLevelV2: SystemLogLevel.INFO,
      // Shows where a slow run's time went: the secret, the feed or CAST AI.
      tracing: Tracing.ACTIVE,
      // Runs are idempotent, but two at once would ask CAST AI for everything twice.
      ...(configuration.reservedConcurrency !== null && {
        reservedConcurrentExecutions: configuration.reservedConcurrency,
      }),
    });
    handler.configureAsyncInvoke({
      // Twice again, after 1 and 2 minutes: each starts from a fresh read and does only what is missing.
      retryAttempts: 2,
      // The next run does the same and knows more: an event must not outlive it.
      maxEventAge: eventAge(configuration.schedule, Duration.hours(6)),
      onFailure: { bind: () => ({ destination: failureQueue.queueArn }) },
    });
    return handler;
  }

  #rule(configuration: Configuration, target: Target, handler: LambdaFn, failureQueue: Queue): Rule {
    return new Rule(this, `Rule ${target.name}`, {
      description: `spot-blacklist runs the target ${target.name}`,
      schedule: Schedule.expression(configuration.schedule.expression),
      enabled: isRun(configuration, target),
      targets: [
        new LambdaFunction(handler, {
          event: RuleTargetInput.fromObject(payloadOf(target)),
          // Delivery only: Lambda itself repeats a run that failed. EventBridge's own 185 times over a day would
          // deliver into runs that have long been overtaken.
          retryAttempts: 4,
          maxEventAge: eventAge(configuration.schedule, Duration.days(1)),
          // The function's queue: whoever is called looks in one place, and a message tells which kind it is.
          deadLetterQueue: failureQueue,
        }),
      ],
    });
  }
}

/**
 * How long an event may wait: five minutes less than the shortest time between two runs; the services take a minute
 * at least.
 */
export function eventAge({ shortestGap }: Gaps, longest: Duration): Duration {
  return Duration.minutes(Math.min(longest.toMinutes(), Math.max(1, shortestGap - 5)));
}

/** The common secret, and the targets' own. */
function secretNamesIn({ secretName, targets }: Configuration): string[] {
  return [...new Set([secretName, ...targets.flatMap((target) => target.secretName ?? [])])];
}

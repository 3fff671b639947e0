import { Annotations, Duration, Stack } from 'aws-cdk-lib';
import type { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { type IRule, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IEventSourceMapping, IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledgeFindings } from './acknowledgements.ts';
import { TargetAlarms } from './alarms.ts';
import { environmentOf, environmentProblems, scheduleVariables } from './environment.ts';
import { FunctionRole, secretIdOf, secretProblems } from './function-role.ts';
import { CONCURRENT_JOBS, JobQueue } from './job-queue.ts';
import { MeasuredTarget } from './measured-target.ts';
import { RUNBOOK, type SpotBlacklistProps, UnusablePropsError } from './props.ts';
import { eventAge, FailureQueue, RunLog, TargetFunction, type TargetFunctionProps } from './run-function.ts';
import { type Schedule as Gaps, scheduleOr } from './schedule.ts';
import {
  DEFAULT_TARGET_NAME,
  estimated,
  ownEvidenceRegion,
  propProblems,
  settingsProblems,
} from './target-settings.ts';
import { ChatRule } from './topics.ts';
import { secretOfUnknownAccount, warningsAbout, warnOfSharedKey } from './warnings.ts';

const HOURLY = Schedule.expression('rate(1 hour)');

/** The jobs of a fleet's rounds. */
export interface Jobs {
  /** The waiting jobs. */
  readonly queue: IQueue;
  /** The jobs that crashed or timed out twice. */
  readonly deadQueue: IQueue;
  /** Carries them out. */
  readonly handler: IFunction;
  /** Delivers them. */
  readonly mapping: IEventSourceMapping;
}

/**
 * One target: a function whose environment is the target's settings, with its rule, role, log group, failure queue and
 * alarms.
 */
export class SpotBlacklist extends MeasuredTarget {
  readonly targetName: string;
  readonly handler: IFunction;
  readonly rule: IRule;
  readonly logGroup: ILogGroup;
  /** Holds the runs that failed for good until they are examined. */
  readonly failureQueue: IQueue;
  /** The resources that carry out a fleet's rounds; undefined without `fanOut`. */
  readonly jobs: Jobs | undefined;
  readonly alarms: readonly Alarm[];

  /** @throws {UnusablePropsError} that names every problem at once */
  constructor(scope: Construct, id: string, props: SpotBlacklistProps) {
    super(scope, id);
    const { settings, enabled = true, fanOut = false, runbookUrl, alarmTopic } = props;
    this.targetName = settings.targetName ?? DEFAULT_TARGET_NAME;
    const key = props.secretEncryptionKey ?? props.secret.encryptionKey;
    const schedule = this.#read(props.schedule ?? HOURLY);
    const jobQueue = fanOut ? new JobQueue(this, 'JobQueue', schedule) : undefined;
    const environment = {
      ...environmentOf(settings),
      TARGET_NAME: this.targetName,
      SECRET_ID: secretIdOf(this, props.secret),
      ...scheduleVariables(schedule),
      EVENT_BUS: 'default',
      ...(jobQueue !== undefined && { FAN_OUT_QUEUE_URL: jobQueue.queue.queueUrl }),
    };
    const problems = [
      ...propProblems(props),
      ...settingsProblems(settings, schedule),
      ...secretProblems(this, props.secret, key),
      ...this.#twins(),
      ...environmentProblems(estimated(environment)),
    ];
    if (problems.length > 0) this.#refuse(problems);

    this.failureQueue = new FailureQueue(this, 'Failures');
    const retention = props.logRetention ?? RetentionDays.ONE_MONTH;
    this.logGroup = new RunLog(this, 'Log', retention, props.encryptionKey);
    const roleProps = {
      secret: props.secret,
      secretEncryptionKey: key,
      logGroup: this.logGroup,
      ownEvidenceRegion: ownEvidenceRegion(settings, Stack.of(this).region),
      isInVpc: props.vpc !== undefined,
    };
    const role = new FunctionRole(this, 'Role', { ...roleProps, failureQueue: this.failureQueue });
    if (jobQueue !== undefined)
      role.allow('PlanJobs', ['sqs:GetQueueAttributes', 'sqs:SendMessage'], jobQueue.queue.queueArn);
    const { reservedConcurrency: concurrency = 1 } = props;
    const functionProps = { props, environment, logGroup: this.logGroup };
    const handler = new TargetFunction(this, 'Function', {
      ...functionProps,
      description:
        'Blacklists in CAST AI, for Spot only, the instance types that AWS Spot Advisor rates as risky',
      entry: 'index',
      role,
      concurrency,
    });
    handler.configureAsyncInvoke({
      // Two retries, after 1 and 2 minutes: each starts from a fresh read and does only what is missing.
      retryAttempts: 2,
      // The next run does the same with fresher data, so an event must not outlive the interval.
      maxEventAge: eventAge(schedule, Duration.hours(6)),
      onFailure: { bind: () => ({ destination: this.failureQueue.queueArn }) },
    });
    this.handler = handler;
    const jobRole = jobQueue && new FunctionRole(this, 'JobRole', roleProps);
    this.jobs =
      jobQueue &&
      jobRole &&
      this.#jobs(jobQueue, jobRole, enabled, {
        ...functionProps,
        concurrency: concurrency === null ? null : CONCURRENT_JOBS,
        ...(props.vpc && { securityGroups: handler.connections.securityGroups }),
      });
    this.rule = new Rule(this, 'Rule', {
      description: `spot-blacklist runs the target ${this.targetName}`,
      schedule: Schedule.expression(schedule.expression),
      enabled,
      targets: [
        new LambdaFunction(this.handler, {
          // Delivery only: Lambda itself retries a failed run. EventBridge's default, 185 retries over a day, would
          // deliver events that later runs have made obsolete.
          retryAttempts: 4,
          maxEventAge: eventAge(schedule, Duration.days(1)),
          // The function's queue: one place to look, and each message shows its kind.
          deadLetterQueue: this.failureQueue,
        }),
      ],
    });
    this.alarms = new TargetAlarms(this, 'Alarms', {
      targetName: this.targetName,
      schedule,
      isRunning: enabled && settings.dryRun !== true,
      handler: this.handler,
      rule: this.rule,
      logGroup: this.logGroup,
      failureQueue: this.failureQueue,
      jobs: this.jobs,
      topics: { page: alarmTopic, low: props.lowSeverityAlarmTopic ?? alarmTopic },
      runbook: runbookUrl ?? RUNBOOK,
    }).all;
    const chatRule =
      props.chatTopic &&
      new ChatRule(this, 'Chat', {
        topic: props.chatTopic,
        targetName: this.targetName,
        logGroupName: this.logGroup.logGroupName,
        runbookUrl,
      });
    const warnings = [
      ...warningsAbout({ ...settings, targetName: this.targetName }, schedule, props),
      ...secretOfUnknownAccount(this, props.secret, key),
    ];
    for (const { id, message } of warnings)
      Annotations.of(this).addWarningV2(`spot-blacklist:${id}`, message);
    if (enabled)
      warnOfSharedKey(this, { ...settings, targetName: this.targetName, secretId: environment.SECRET_ID });
    const { failureQueue, logGroup, alarms } = this;
    const roles = jobRole === undefined ? [role] : [role, jobRole];
    const jobHandler = this.jobs?.handler;
    acknowledgeFindings({ roles, handler, jobHandler, failureQueue, logGroup, alarms, chatRule }, props);
  }

  /** Allows a principal to run the target, show what it would do, and clear its own entries. */
  grantInvoke(grantee: IGrantable): Grant {
    return this.handler.grantInvoke(grantee);
  }

  /**
   * Jobs have a function of their own, so that they share neither concurrency with runs and users, nor the permission to
   * plan jobs.
   */
  #jobs(
    jobQueue: JobQueue,
    role: FunctionRole,
    isEnabled: boolean,
    props: Omit<TargetFunctionProps, 'description' | 'entry' | 'role'>,
  ): Jobs {
    const { queue, deadQueue } = jobQueue;
    // Lambda's poller acts with the function's role.
    const actions = ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'];
    role.allow('ReceiveJobs', actions, queue.queueArn);
    const handler = new TargetFunction(this, 'JobFunction', {
      ...props,
      description: 'Carries out the jobs of a fleet: each manages the blacklist of one cluster in CAST AI',
      entry: 'fleet',
      role,
    });
    return { queue, deadQueue, handler, mapping: jobQueue.handTo(handler, isEnabled) };
  }

  #read({ expressionString }: Schedule): Gaps {
    return scheduleOr(expressionString, (problem) => this.#refuse([`schedule ${problem}`]));
  }

  #twins(): string[] {
    const twin = Stack.of(this)
      .node.findAll()
      .find(
        (other) => other !== this && other instanceof SpotBlacklist && other.targetName === this.targetName,
      );
    if (twin === undefined) return [];
    return [
      `settings.targetName must be unique in a stack, but ${twin.node.path} is also called "${this.targetName}": each would treat the other's entries as its own`,
    ];
  }

  #refuse(problems: readonly string[]): never {
    throw new UnusablePropsError(this.node.path, problems);
  }
}

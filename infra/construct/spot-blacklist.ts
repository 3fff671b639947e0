import { Annotations, Duration, Stack } from 'aws-cdk-lib';
import type { Alarm, Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { type IRule, Rule, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IEventSourceMapping, IFunction } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledgeFindings } from './acknowledgements.ts';
import { TargetAlarms } from './alarms.ts';
import { ChatRule } from './chat.ts';
import { environmentOf, environmentProblems } from './environment.ts';
import { FunctionRole, secretIdOf, secretProblems } from './function-role.ts';
import { FailureQueue, JobQueue } from './job-queue.ts';
import { type SpotBlacklistProps, UnusablePropsError } from './props.ts';
import { estimated } from './quotas.ts';
import { eventAge, RunFunction, RunLog } from './run-function.ts';
import { runMetric } from './run-metric.ts';
import { type Schedule as Gaps, readSchedule, ScheduleError } from './schedule.ts';
import { warnOfSharedKey } from './shared-key.ts';
import { DEFAULT_TARGET_NAME, ownEvidenceRegion, settingsProblems } from './target-settings.ts';
import { propProblems } from './value-problems.ts';
import { secretOfUnknownAccount, warningsAbout } from './warnings.ts';

const HOURLY = Schedule.expression('rate(1 hour)');

/**
 * One target: a function whose environment is the target's settings, with its rule, role, log group, failure queue and
 * alarms.
 */
export class SpotBlacklist extends Construct {
  /** Marks the target's entries, metrics and alarms. */
  readonly targetName: string;
  readonly handler: IFunction;
  readonly rule: IRule;
  readonly logGroup: ILogGroup;
  /** Holds the runs that failed for good until they are examined. */
  readonly failureQueue: IQueue;
  /** With `fanOut`: the jobs that wait, and those that crashed or timed out twice. */
  readonly jobs: { readonly queue: IQueue; readonly deadQueue: IQueue } | undefined;
  /** Delivers the jobs of a fleet's rounds to the function; undefined without `fanOut`. */
  readonly jobMapping: IEventSourceMapping | undefined;
  readonly alarms: readonly Alarm[];

  /** @throws {UnusablePropsError} that names every problem at once */
  constructor(scope: Construct, id: string, props: SpotBlacklistProps) {
    super(scope, id);
    const { settings, enabled = true, fanOut = false, runbookUrl, alarmTopic } = props;
    this.targetName = settings.targetName ?? DEFAULT_TARGET_NAME;
    const key = props.secretEncryptionKey ?? props.secret.encryptionKey;
    const schedule = this.#read(props.schedule ?? HOURLY);
    const jobs = fanOut ? new JobQueue(this, 'JobQueue', schedule) : undefined;
    this.jobs = jobs;
    const environment = {
      ...environmentOf(settings),
      TARGET_NAME: this.targetName,
      SECRET_ID: secretIdOf(this, props.secret),
      SCHEDULE_GAP_MINUTES: String(schedule.longestGap),
      EVENT_BUS: 'default',
      ...(jobs !== undefined && { FAN_OUT_QUEUE_URL: jobs.queue.queueUrl }),
    };
    this.#refuse([
      ...propProblems(props),
      ...settingsProblems(settings, schedule),
      ...secretProblems(this, props.secret, key),
      ...this.#twins(),
      ...environmentProblems(estimated(environment)),
    ]);

    this.failureQueue = new FailureQueue(this, 'Failures');
    this.logGroup = new RunLog(this, 'Log', {
      retention: props.logRetention ?? RetentionDays.ONE_MONTH,
      encryptionKey: props.encryptionKey,
    });
    const role = new FunctionRole(this, 'Role', {
      secret: props.secret,
      secretEncryptionKey: key,
      logGroup: this.logGroup,
      failureQueue: this.failureQueue,
      jobs: jobs?.queue,
      ownEvidenceRegion: ownEvidenceRegion(settings, Stack.of(this).region),
      isInVpc: props.vpc !== undefined,
    });
    this.handler = new RunFunction(this, 'Function', {
      props,
      environment,
      role,
      logGroup: this.logGroup,
      failureQueue: this.failureQueue,
      maxEventAge: eventAge(schedule, Duration.hours(6)),
    });
    this.jobMapping = jobs?.handTo(this.handler, enabled);
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
      jobs,
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
    const { handler, failureQueue, logGroup, alarms } = this;
    acknowledgeFindings({ role, handler, failureQueue, logGroup, alarms, chatRule }, props);
  }

  /** Allows a principal to run the target, show what it would do, and clear its own entries. */
  grantInvoke(grantee: IGrantable): Grant {
    return this.handler.grantInvoke(grantee);
  }

  /** 1 if a run did and confirmed everything, else 0; not emitted by a dry run. */
  metricRunCompleted(options?: MetricOptions): Metric {
    return runMetric('runCompleted', this.targetName, options);
  }

  /** Types that the policy requires to be blacklisted, whatever the outcome. */
  metricRiskyTypes(options?: MetricOptions): Metric {
    return runMetric('riskyTypes', this.targetName, options);
  }

  /** Own entries that are live when a run ends. */
  metricBlacklistedTypes(options?: MetricOptions): Metric {
    return runMetric('blacklistedTypes', this.targetName, options);
  }

  metricAdded(options?: MetricOptions): Metric {
    return runMetric('added', this.targetName, options);
  }

  metricRenewed(options?: MetricOptions): Metric {
    return runMetric('renewed', this.targetName, options);
  }

  metricRemoved(options?: MetricOptions): Metric {
    return runMetric('removed', this.targetName, options);
  }

  /** Risky types that are kept available. */
  metricSpared(options?: MetricOptions): Metric {
    return runMetric('spared', this.targetName, options);
  }

  /** Writes that failed or were not confirmed, and clusters that failed before any. */
  metricFailed(options?: MetricOptions): Metric {
    return runMetric('failed', this.targetName, options);
  }

  /** Writes, and whole clusters, that were left for the next run. */
  metricDeferred(options?: MetricOptions): Metric {
    return runMetric('deferred', this.targetName, options);
  }

  /** Renewals and removals that can wait for the next run. */
  metricPostponed(options?: MetricOptions): Metric {
    return runMetric('postponed', this.targetName, options);
  }

  /** Risky types that nothing kept off Spot when a run ended, except spared ones. */
  metricUncovered(options?: MetricOptions): Metric {
    return runMetric('uncovered', this.targetName, options);
  }

  /** Running Spot nodes. */
  metricSpotNodes(options?: MetricOptions): Metric {
    return runMetric('spotNodes', this.targetName, options);
  }

  /** Running Spot nodes of blacklisted types. */
  metricSpotNodesOnBlacklisted(options?: MetricOptions): Metric {
    return runMetric('spotNodesOnBlacklisted', this.targetName, options);
  }

  /** Machine classes, templates and families in use that are left with too few types. */
  metricUnheldGuardRails(options?: MetricOptions): Metric {
    return runMetric('unheldGuardRails', this.targetName, options);
  }

  /** Hours since AWS published the feed. */
  metricFeedAgeHours(options?: MetricOptions): Metric {
    return runMetric('feedAgeHours', this.targetName, options);
  }

  #read({ expressionString }: Schedule): Gaps {
    try {
      return readSchedule(expressionString);
    } catch (error) {
      if (!(error instanceof ScheduleError)) throw error;
      throw new UnusablePropsError(this.node.path, [`schedule ${error.message}`]);
    }
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

  #refuse(problems: readonly string[]): void {
    if (problems.length > 0) throw new UnusablePropsError(this.node.path, problems);
  }
}

/** Where the runbook is in the project. */
export const RUNBOOK = 'docs/operate.md';

import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  MathExpression,
  Metric,
  type MetricOptions,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IRule } from 'aws-cdk-lib/aws-events';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { METRIC_NAMESPACE, METRICS, TARGET_DIMENSION } from '../../lambda/report/metric-names.ts';
import { RUN_TIMEOUT, type Schedule } from './schedule.ts';

/** Short enough for timely alarms, and as fine as Lambda, SQS and EventBridge need. */
export const PERIOD = Duration.minutes(5);

/** A metric that a run emits, for one target. */
export function runMetric(
  key: keyof typeof METRICS,
  targetName: string,
  options: MetricOptions = {},
): Metric {
  const { name } = METRICS[key];
  return new Metric({
    namespace: METRIC_NAMESPACE,
    metricName: name,
    dimensionsMap: { [TARGET_DIMENSION]: targetName },
    period: PERIOD,
    label: name,
    ...options,
  });
}

/**
 * The longest time that a CloudWatch alarm can evaluate, in minutes: with periods of an hour or more, and with shorter
 * ones.
 */
const LOOK_BACK = { long: 7 * 24 * 60, short: 24 * 60 };

/** With fan-out a run may take up to an interval, so that two of them may end two intervals apart. */
const INTERVALS = { two: 2, three: 3 };

/**
 * How long a target may go without a completed run: some intervals, plus the time by which one run may outlast another.
 * Short periods raise the alarm soon after that; CloudWatch allows them for a day at most, and hourly ones for a week.
 */
export function alarmWindow(
  { longestGap }: Schedule,
  intervals = INTERVALS.two,
): { period: Duration; evaluationPeriods: number } {
  const minutes = Math.min(intervals * longestGap + RUN_TIMEOUT, LOOK_BACK.long);
  const period = minutes <= LOOK_BACK.short ? PERIOD : Duration.hours(1);
  return { period, evaluationPeriods: Math.ceil(minutes / period.toMinutes()) };
}

/** `page`: look now. `low`: can wait until the next working day. */
type Severity = 'page' | 'low';

export interface TargetAlarmsProps {
  readonly targetName: string;
  readonly schedule: Schedule;
  /** Whether runs that write are expected: a target that is switched off on purpose must not raise an alarm. */
  readonly isRunning: boolean;
  readonly handler: IFunction;
  readonly rule: IRule;
  readonly logGroup: ILogGroup;
  readonly failureQueue: IQueue;
  /** Undefined without fan-out. */
  readonly jobs: { readonly queue: IQueue; readonly deadQueue: IQueue } | undefined;
  /** Undefined if no one is notified. */
  readonly topics: Readonly<Record<Severity, ITopic | undefined>>;
  /** The runbook's address, without an anchor. */
  readonly runbook: string;
}

type Measured = Omit<AlarmProps, 'threshold' | 'alarmName' | 'alarmDescription' | 'evaluationPeriods'> &
  Partial<Pick<AlarmProps, 'threshold' | 'evaluationPeriods'>>;

const MAXIMUM = { statistic: Stats.MAXIMUM, period: PERIOD };
const SUM = { statistic: Stats.SUM, period: PERIOD };

/** The age from which a feed is unusual, in hours: AWS publishes a new one about once a day. */
const OLD_FEED = 7 * 24;

/**
 * The alarms of a target. A run that succeeds when retried raises none. One that fails for good raises
 * `FailuresWaiting`, and `NotRunning` only if that lasts for two intervals.
 */
export class TargetAlarms extends Construct {
  readonly all: readonly Alarm[];
  readonly #props: TargetAlarmsProps;

  constructor(scope: Construct, id: string, props: TargetAlarmsProps) {
    super(scope, id);
    this.#props = props;
    this.all = [
      ...(props.isRunning ? [this.#notRunning()] : []),
      ...this.#failures(),
      ...(props.jobs === undefined ? [] : this.#jobs(props.jobs)),
      ...this.#state(),
    ];
  }

  /** This alarm detects missing data. */
  #notRunning(): Alarm {
    const { targetName, schedule, jobs } = this.#props;
    const intervals = jobs === undefined ? 'two' : 'three';
    const { period, evaluationPeriods } = alarmWindow(schedule, INTERVALS[intervals]);
    const completed = runMetric('runCompleted', targetName, { statistic: Stats.SUM, period });
    return this.#alarm('page', 'NotRunning', `has not completed a run for ${intervals} intervals`, {
      metric: new MathExpression({
        // If data is missing, CloudWatch looks further back than configured, and would find the last good run.
        expression: 'FILL(completed, 0)',
        label: 'completed runs',
        period,
        usingMetrics: { completed },
      }),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods,
      treatMissingData: TreatMissingData.BREACHING,
    });
  }

  #failures(): Alarm[] {
    const { handler, rule, failureQueue } = this.#props;
    const fromLambda = handler.metric('DestinationDeliveryFailures', SUM);
    const fromEventBridge = new Metric({
      namespace: 'AWS/Events',
      metricName: 'InvocationsFailedToBeSentToDlq',
      dimensionsMap: { RuleName: rule.ruleName },
      ...SUM,
    });
    return [
      this.#alarm('page', 'FailuresWaiting', 'has a run that failed for good, or could not be started', {
        metric: failureQueue.metricApproximateNumberOfMessagesVisible(MAXIMUM),
      }),
      // Lambda or EventBridge could not send a failure to the queue, so the alarm on the queue stays silent.
      this.#alarm('low', 'FailuresLost', 'has a failure that could not be sent to its failure queue', {
        metric: new MathExpression({
          // Both metrics are emitted only when it happens.
          expression: 'FILL(fromLambda, 0) + FILL(fromEventBridge, 0)',
          label: 'failures lost',
          period: PERIOD,
          usingMetrics: { fromLambda, fromEventBridge },
        }),
      }),
    ];
  }

  #jobs({ queue, deadQueue }: NonNullable<TargetAlarmsProps['jobs']>): Alarm[] {
    return [
      // A job that crashes does so in every round, and holds up all others each time.
      this.#alarm('page', 'DeadJobs', 'has a job that crashed or timed out twice', {
        metric: deadQueue.metricApproximateNumberOfMessagesVisible(MAXIMUM),
      }),
      this.#alarm('low', 'LateJobs', 'has jobs that have waited longer than an interval', {
        metric: queue.metricApproximateAgeOfOldestMessage(MAXIMUM),
        threshold: Duration.minutes(this.#props.schedule.longestGap).toSeconds(),
      }),
    ];
  }

  /** The alarms on metrics of runs. Between runs there is no data; NotRunning detects missing runs. */
  #state(): Alarm[] {
    const alarm = (name: string, what: string, key: keyof typeof METRICS, more = {}) =>
      this.#alarm('low', name, what, {
        metric: runMetric(key, this.#props.targetName, { ...MAXIMUM, period: Duration.hours(1) }),
        treatMissingData: TreatMissingData.IGNORE,
        ...more,
      });
    return [
      // Waits three hours: the first runs of a large fleet leave types uncovered until all are written.
      alarm('Uncovered', 'leaves risky types uncovered, run after run', 'uncovered', {
        evaluationPeriods: 3,
      }),
      alarm('GuardRails', 'has a guard rail that cannot hold', 'unheldGuardRails'),
      alarm('OldFeed', 'uses a feed that is a week old', 'feedAgeHours', { threshold: OLD_FEED }),
    ];
  }

  #alarm(severity: Severity, name: string, what: string, props: Measured): Alarm {
    const { targetName, topics, runbook } = this.#props;
    // The runbook has an entry for each, under its name in lower case, with hyphens.
    const anchor = name.replaceAll(/\B[A-Z]/g, '-$&').toLowerCase();
    const says = { page: 'Look now', low: 'Low severity, can wait until the next working day' }[severity];
    const alarm = new Alarm(this, name, {
      // For most alarms, one is too many; for NotRunning, zero is too few.
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      evaluationPeriods: 1,
      // SQS stops reporting a queue that has been empty for hours.
      treatMissingData: TreatMissingData.NOT_BREACHING,
      // The name is in the e-mail's subject, and used for routing.
      alarmName: `${Stack.of(this).stackName}-${severity}-${name}-${targetName}`,
      alarmDescription: `${says}: the spot-blacklist target ${targetName} ${what}. Entries stay until they expire. Look first at ${this.#firstLook(name)}. What to do: ${runbook}#${anchor}`,
      ...props,
    });
    const topic = topics[severity];
    if (topic !== undefined) alarm.addAlarmAction(new SnsAction(topic));
    return alarm;
  }

  /** Helps the reader of an e-mail even without access to the runbook. */
  #firstLook(alarm: string): string {
    const { handler, logGroup, failureQueue, jobs } = this.#props;
    switch (alarm) {
      case 'NotRunning':
        return `what the function ${handler.functionName} returns for {"dryRun":true}: it names what is wrong`;
      case 'FailuresWaiting':
        return `the messages in the queue ${failureQueue.queueName}: each holds an error that says what to do`;
      case 'DeadJobs':
        return `the messages in the queue ${jobs?.deadQueue.queueName}: each names a cluster`;
      case 'LateJobs':
        return `the number of jobs in the queue ${jobs?.queue.queueName}, and whether it falls`;
      default:
        return `the last lines of the log group ${logGroup.logGroupName}`;
    }
  }
}

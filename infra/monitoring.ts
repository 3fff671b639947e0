import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IRule } from 'aws-cdk-lib/aws-events';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { AlarmTopic } from './alarm-topic.ts';
import { type Configuration, isRun, type Target } from './configuration.ts';
import { addDashboard } from './dashboard.ts';
import { LONGEST_ALARM, LONGEST_FINE_ALARM, RUN_TIMEOUT } from './limits.ts';
import { PERIOD, runMetric } from './run-metric.ts';
import type { Schedule } from './schedule.ts';

export interface MonitoringProps {
  readonly configuration: Configuration;
  readonly handler: IFunction;
  /** Each target's rule, by the target's name. */
  readonly rules: ReadonlyMap<string, IRule>;
  readonly failureQueue: IQueue;
}

/** The entries of the runbook, by the anchors of their headings. */
type Entry = 'run-failed' | 'not-running' | 'failures-waiting' | 'events-dropped' | 'not-delivered';

/** Alarms, each told on one topic and explained in the runbook, and the dashboard. */
export class Monitoring extends Construct {
  readonly alarmTopic: AlarmTopic;
  readonly #runbook: string;

  constructor(
    scope: Construct,
    id: string,
    { configuration, handler, rules, failureQueue }: MonitoringProps,
  ) {
    super(scope, id);
    this.alarmTopic = new AlarmTopic(this, 'Alarms', { email: configuration.alarmEmail });
    this.#runbook = configuration.runbookUrl;

    const alarms = [
      this.#alarm('RunFailed', 'run-failed', 'A run failed', {
        metric: handler.metricErrors({ statistic: Stats.SUM, period: PERIOD }),
        evaluationPeriods: 1,
        // No runs, no errors: whether there are runs is the next alarm's business.
        treatMissingData: TreatMissingData.NOT_BREACHING,
      }),
      ...configuration.targets
        // What is switched off on purpose must not be called broken.
        .filter((target) => isRun(configuration, target) && target.dryRun !== true)
        .map((target) => this.#notRunning(target, configuration.schedule)),
      this.#alarm('FailuresWaiting', 'failures-waiting', 'A run failed for good, or was never delivered', {
        metric: failureQueue.metricApproximateNumberOfMessagesVisible({
          statistic: Stats.MAXIMUM,
          period: PERIOD,
        }),
        evaluationPeriods: 1,
        // SQS stops reporting on a queue that is empty for hours.
        treatMissingData: TreatMissingData.NOT_BREACHING,
      }),
      this.#alarm('EventsDropped', 'events-dropped', 'Lambda gave up on a run', {
        metric: handler.metric('AsyncEventsDropped', { statistic: Stats.SUM, period: PERIOD }),
        evaluationPeriods: 1,
        // Lambda reports it only when it happens.
        treatMissingData: TreatMissingData.NOT_BREACHING,
      }),
      this.#alarm('FailuresLost', 'events-dropped', 'Lambda could not put a failure into the queue', {
        metric: handler.metric('DestinationDeliveryFailures', { statistic: Stats.SUM, period: PERIOD }),
        evaluationPeriods: 1,
        // Lambda reports it only when it happens.
        treatMissingData: TreatMissingData.NOT_BREACHING,
      }),
      ...[...rules].map(([name, rule]) =>
        this.#alarm(`NotDelivered-${name}`, 'not-delivered', `EventBridge could not start ${name}`, {
          metric: new Metric({
            namespace: 'AWS/Events',
            metricName: 'FailedInvocations',
            dimensionsMap: { RuleName: rule.ruleName },
            statistic: Stats.SUM,
            period: PERIOD,
          }),
          evaluationPeriods: 1,
          // EventBridge reports it only when it happens.
          treatMissingData: TreatMissingData.NOT_BREACHING,
        }),
      ),
    ];
    addDashboard(this, {
      targets: configuration.targets.map(({ name }) => name),
      handler,
      alarms,
    });
  }

  /** No completed run for two intervals: missing data is what this looks for. @returns the alarm's name */
  #notRunning(target: Target, schedule: Schedule): string {
    const { period, evaluationPeriods } = alarmWindow(schedule);
    return this.#alarm(`NotRunning-${target.name}`, 'not-running', `${target.name} has not completed a run`, {
      metric: new MathExpression({
        // CloudWatch looks further back than asked where data are missing, and would find the last good run there.
        expression: 'FILL(completed, 0)',
        label: 'completed runs',
        period,
        usingMetrics: { completed: runMetric('runCompleted', target.name, Stats.SUM, period) },
      }),
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods,
      treatMissingData: TreatMissingData.BREACHING,
    });
  }

  /** @returns its name */
  #alarm(
    id: string,
    entry: Entry,
    what: string,
    props: Omit<AlarmProps, 'threshold' | 'alarmName' | 'alarmDescription'>,
  ): string {
    // People read the name in an e-mail's subject.
    const alarmName = `${Stack.of(this).stackName}-${id}`;
    const alarm = new Alarm(this, id, {
      // One is too many; or, for what should happen, none is too few.
      threshold: 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      alarmName,
      alarmDescription: `${what}. What to do: ${this.#runbook}#${entry}`,
      ...props,
    });
    alarm.addAlarmAction(new SnsAction(this.alarmTopic));
    return alarmName;
  }
}

/**
 * How long no run may complete: two intervals, and what a run may take longer than the one before. In short periods,
 * so that the alarm comes soon after that time; CloudWatch takes short ones over a day, and hours over a week.
 */
export function alarmWindow({ longestGap }: Schedule): { period: Duration; evaluationPeriods: number } {
  const minutes = Math.min(2 * longestGap + RUN_TIMEOUT, LONGEST_ALARM);
  const period = minutes <= LONGEST_FINE_ALARM ? PERIOD : Duration.hours(1);
  return { period, evaluationPeriods: Math.ceil(minutes / period.toMinutes()) };
}

import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  GraphWidgetView,
  type IWidget,
  SingleValueWidget,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Construct } from 'constructs';
import { RUN_TIMEOUT } from './limits.ts';
import { PERIOD, runMetric } from './run-metric.ts';

export interface DashboardProps {
  /** The targets' names. */
  readonly targets: readonly string[];
  readonly handler: IFunction;
  /** The alarms' names. */
  readonly alarms: readonly string[];
}

/** Widgets' heights in CloudWatch's grid, which is 24 wide. */
const HEIGHT = 6;

/**
 * Answers at a glance, from top to bottom: is anything wrong; per target, what is blacklisted now, what changed, is
 * it running and is the feed fresh; and how the function is doing.
 */
export function addDashboard(scope: Construct, { targets, handler, alarms }: DashboardProps): Dashboard {
  const dashboard = new Dashboard(scope, 'Dashboard', {
    dashboardName: Stack.of(scope).stackName,
    // Long enough to see a blacklist come, be renewed and go.
    defaultInterval: Duration.days(3),
  });
  dashboard.addWidgets(
    new AlarmStatusWidget({
      title: 'Alarms',
      // By name: the dashboard need not wait for them, and can be deployed where there are none (moto).
      alarms: alarms.map((name) => Alarm.fromAlarmName(dashboard, name, name)),
      width: 24,
      height: 3,
    }),
  );
  for (const target of targets) dashboard.addWidgets(...rowOf(target));
  dashboard.addWidgets(...rowOfFunction(handler));
  return dashboard;
}

function rowOf(target: string): IWidget[] {
  return [
    new SingleValueWidget({
      title: `${target}: blacklisted now`,
      metrics: [
        runMetric('blacklistedTypes', target, Stats.MAXIMUM),
        runMetric('riskyTypes', target, Stats.MAXIMUM),
        runMetric('spared', target, Stats.MAXIMUM),
        runMetric('uncovered', target, Stats.MAXIMUM),
      ],
      sparkline: true,
      width: 6,
      height: HEIGHT,
    }),
    new GraphWidget({
      title: `${target}: what changed`,
      left: (['added', 'renewed', 'removed', 'failed', 'deferred', 'postponed'] as const).map((key) =>
        runMetric(key, target, Stats.SUM),
      ),
      // Runs are moments: bars, not lines between them.
      view: GraphWidgetView.BAR,
      stacked: true,
      width: 8,
      height: HEIGHT,
    }),
    new GraphWidget({
      title: `${target}: completed runs`,
      left: [runMetric('runCompleted', target, Stats.SUM, Duration.hours(1))],
      leftYAxis: { min: 0 },
      width: 5,
      height: HEIGHT,
    }),
    new SingleValueWidget({
      title: `${target}: age of the feed (hours)`,
      metrics: [runMetric('feedAgeHours', target, Stats.MAXIMUM)],
      sparkline: true,
      width: 5,
      height: HEIGHT,
    }),
    new SingleValueWidget({
      title: `${target}: Spot nodes, and guard rails that cannot hold`,
      metrics: [
        runMetric('spotNodes', target, Stats.MAXIMUM),
        runMetric('spotNodesOnBlacklisted', target, Stats.MAXIMUM),
        runMetric('unheldGuardRails', target, Stats.MAXIMUM),
      ],
      sparkline: true,
      width: 24,
      height: HEIGHT,
    }),
  ];
}

function rowOfFunction(handler: IFunction): IWidget[] {
  return [
    new GraphWidget({
      title: 'Function: invocations',
      left: [
        handler.metricInvocations({ period: PERIOD }),
        handler.metricErrors({ period: PERIOD }),
        handler.metricThrottles({ period: PERIOD }),
      ],
      width: 12,
      height: HEIGHT,
    }),
    new GraphWidget({
      title: 'Function: longest run',
      left: [handler.metricDuration({ statistic: Stats.MAXIMUM, period: PERIOD })],
      leftAnnotations: [{ value: RUN_TIMEOUT * 60_000, label: 'ended by Lambda' }],
      leftYAxis: { min: 0 },
      width: 12,
      height: HEIGHT,
    }),
  ];
}

import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmStatusWidget,
  CfnAlarm,
  Dashboard,
  GraphWidget,
  GraphWidgetView,
  type IWidget,
  SingleValueWidget,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import { CfnQueryDefinition, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { RUN_TIMEOUT } from './limits.ts';
import { PERIOD, runMetric } from './run-metric.ts';
import type { SpotBlacklist } from './spot-blacklist.ts';

/** CloudWatch shows no more in one widget. */
const MOST_ALARMS = 100;

/** Widgets' heights in CloudWatch's grid, which is 24 wide. */
const HEIGHT = 6;

/**
 * Answers at a glance, from top to bottom: is anything wrong; per target, what is blacklisted now, what changed, is
 * it running, is the feed fresh, and how is its function doing.
 */
export function addDashboard(scope: Construct, targets: readonly SpotBlacklist[]): Dashboard {
  const dashboard = new Dashboard(scope, 'Dashboard', {
    dashboardName: Stack.of(scope).stackName,
    // Long enough to see entries added, renewed and expired.
    defaultInterval: Duration.days(3),
  });
  // By name: the dashboard does not depend on them, and can be deployed without them (moto).
  const alarms = targets.flatMap((target) => target.alarms.map(nameOf));
  for (let from = 0; from < alarms.length; from += MOST_ALARMS) {
    dashboard.addWidgets(
      new AlarmStatusWidget({
        title: 'Alarms',
        alarms: alarms
          .slice(from, from + MOST_ALARMS)
          .map((name) => Alarm.fromAlarmName(dashboard, name, name)),
        width: 24,
        height: 3,
      }),
    );
  }
  for (const target of targets) {
    dashboard.addWidgets(...rowOf(target.targetName));
    dashboard.addWidgets(...rowOfFunction(target));
    dashboard.addWidgets(...rowOfJobs(target));
  }
  return dashboard;
}

function nameOf({ node: { defaultChild } }: Alarm): string {
  return (defaultChild instanceof CfnAlarm && defaultChild.alarmName) || '';
}

function rowOf(target: string): IWidget[] {
  return [
    new SingleValueWidget({
      title: `${target}: blacklisted now`,
      metrics: [
        runMetric('blacklistedTypes', target, { statistic: Stats.MAXIMUM }),
        runMetric('riskyTypes', target, { statistic: Stats.MAXIMUM }),
        runMetric('spared', target, { statistic: Stats.MAXIMUM }),
        runMetric('uncovered', target, { statistic: Stats.MAXIMUM }),
      ],
      sparkline: true,
      width: 6,
      height: HEIGHT,
    }),
    new GraphWidget({
      title: `${target}: what changed`,
      left: (['added', 'renewed', 'removed', 'failed', 'deferred', 'postponed'] as const).map((key) =>
        runMetric(key, target, { statistic: Stats.SUM }),
      ),
      // Runs are points in time: bars, not lines.
      view: GraphWidgetView.BAR,
      stacked: true,
      width: 8,
      height: HEIGHT,
    }),
    new GraphWidget({
      title: `${target}: completed runs`,
      left: [runMetric('runCompleted', target, { statistic: Stats.SUM, period: Duration.hours(1) })],
      leftYAxis: { min: 0 },
      width: 5,
      height: HEIGHT,
    }),
    new SingleValueWidget({
      title: `${target}: age of the feed (hours)`,
      metrics: [runMetric('feedAgeHours', target, { statistic: Stats.MAXIMUM })],
      sparkline: true,
      width: 5,
      height: HEIGHT,
    }),
    new SingleValueWidget({
      title: `${target}: Spot nodes, and guard rails that cannot hold`,
      metrics: [
        runMetric('spotNodes', target, { statistic: Stats.MAXIMUM }),
        runMetric('spotNodesOnBlacklisted', target, { statistic: Stats.MAXIMUM }),
        runMetric('unheldGuardRails', target, { statistic: Stats.MAXIMUM }),
      ],
      sparkline: true,
      width: 24,
      height: HEIGHT,
    }),
  ];
}

function rowOfFunction({ targetName, handler }: SpotBlacklist): IWidget[] {
  return [
    new GraphWidget({
      title: `${targetName}: invocations`,
      left: [
        handler.metricInvocations({ period: PERIOD }),
        handler.metricErrors({ period: PERIOD }),
        handler.metricThrottles({ period: PERIOD }),
      ],
      width: 12,
      height: HEIGHT,
    }),
    new GraphWidget({
      title: `${targetName}: longest run`,
      left: [handler.metricDuration({ statistic: Stats.MAXIMUM, period: PERIOD })],
      leftAnnotations: [{ value: RUN_TIMEOUT * 60_000, label: 'timeout' }],
      leftYAxis: { min: 0 },
      width: 12,
      height: HEIGHT,
    }),
  ];
}

/** With fan-out: is the fleet too large for the interval, or does a job hold up all others? */
function rowOfJobs({ targetName, jobs }: SpotBlacklist): IWidget[] {
  if (jobs === undefined) return [];
  const maximum = { statistic: Stats.MAXIMUM, period: PERIOD };
  return [
    new GraphWidget({
      title: `${targetName}: waiting jobs, and dead ones`,
      left: [
        jobs.queue.metricApproximateNumberOfMessagesVisible(maximum),
        jobs.deadQueue.metricApproximateNumberOfMessagesVisible({ ...maximum, label: 'dead' }),
      ],
      leftYAxis: { min: 0 },
      width: 12,
      height: HEIGHT,
    }),
    new GraphWidget({
      title: `${targetName}: age of the oldest job`,
      left: [jobs.queue.metricApproximateAgeOfOldestMessage(maximum)],
      leftYAxis: { min: 0 },
      width: 12,
      height: HEIGHT,
    }),
  ];
}

/** Queries of the logs, by their names in Logs Insights. The runbook has the same. */
export const QUERIES = {
  runs: `fields @timestamp, target.name, operation, dryRun, status, error.code
| filter code in ["RUN_COMPLETED", "RUN_FAILED"]
| sort @timestamp desc`,
  changes: `filter ispresent(Removed) or ispresent(BlacklistedTypes)
| stats sum(Added) as added, sum(Renewed) as renewed, sum(Removed) as removed, max(Spared) as spared by target, bin(1d)`,
  failures: `fields @timestamp, target.name, error.name, error.code, error.message
| filter code in ["RUN_FAILED", "CLUSTER_FAILED", "JOB_REJECTED"]
| sort @timestamp desc`,
} as const;

/** Saves the queries, each over all of these log groups. */
export function addQueries(scope: Construct, logGroups: readonly ILogGroup[]): void {
  for (const [name, queryString] of Object.entries(QUERIES)) {
    new CfnQueryDefinition(scope, `Query-${name}`, {
      name: `${Stack.of(scope).stackName}/${name}`,
      logGroupNames: logGroups.map(({ logGroupName }) => logGroupName),
      queryString,
    });
  }
}

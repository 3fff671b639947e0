import { Duration, Stack } from 'aws-cdk-lib';
import {
  Alarm,
  AlarmStatusWidget,
  CfnAlarm,
  Dashboard,
  GraphWidget,
  type GraphWidgetProps,
  GraphWidgetView,
  type IMetric,
  type IWidget,
  SingleValueWidget,
  Stats,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnQueryDefinition, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { METRICS } from '../../lambda/report/metric-names.ts';
import { PERIOD, runMetric } from './alarms.ts';
import { RUN_TIMEOUT } from './schedule.ts';
import type { Jobs, SpotBlacklist } from './spot-blacklist.ts';

/** How many alarms CloudWatch shows in one widget. */
const ALARMS_PER_WIDGET = 100;

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
  for (let from = 0; from < alarms.length; from += ALARMS_PER_WIDGET) {
    dashboard.addWidgets(
      new AlarmStatusWidget({
        title: 'Alarms',
        alarms: alarms
          .slice(from, from + ALARMS_PER_WIDGET)
          .map((name) => Alarm.fromAlarmName(dashboard, name, name)),
        width: 24,
        height: 3,
      }),
    );
  }
  for (const { targetName, handler, jobs } of targets) {
    dashboard.addWidgets(...rowOfTarget(targetName));
    dashboard.addWidgets(...rowOfFunction(targetName, 'run', handler));
    if (jobs === undefined) continue;
    dashboard.addWidgets(...rowOfFunction(targetName, 'job', jobs.handler));
    dashboard.addWidgets(...rowOfQueues(targetName, jobs));
  }
  return dashboard;
}

function nameOf({ node: { defaultChild } }: Alarm): string {
  return (defaultChild instanceof CfnAlarm && defaultChild.alarmName) || '';
}

const MAXIMUM = { statistic: Stats.MAXIMUM, period: PERIOD };

/** @param width in CloudWatch's grid, which is 24 wide */
function graph(title: string, width: number, left: IMetric[], more: Partial<GraphWidgetProps> = {}): IWidget {
  return new GraphWidget({ title, width, height: HEIGHT, left, leftYAxis: { min: 0 }, ...more });
}

function rowOfTarget(target: string): IWidget[] {
  const latest = (title: string, width: number, keys: readonly (keyof typeof METRICS)[]) =>
    new SingleValueWidget({
      title: `${target}: ${title}`,
      metrics: keys.map((key) => runMetric(key, target, { statistic: Stats.MAXIMUM })),
      sparkline: true,
      width,
      height: HEIGHT,
    });
  const sumOf = (key: keyof typeof METRICS, period = PERIOD) =>
    runMetric(key, target, { statistic: Stats.SUM, period });
  const changes = (['added', 'renewed', 'removed', 'failed', 'deferred', 'postponed'] as const).map((key) =>
    sumOf(key),
  );
  const nodes = [
    'spotNodes',
    'spotNodesOnBlacklisted',
    'fallbackNodes',
    'riskyAgainstOthers',
    'unheldGuardRails',
  ] as const;
  return [
    latest('blacklisted now', 6, ['blacklistedTypes', 'riskyTypes', 'spared', 'uncovered']),
    // Runs are points in time: bars, not lines.
    graph(`${target}: what changed`, 8, changes, { view: GraphWidgetView.BAR, stacked: true }),
    graph(`${target}: completed runs`, 5, [sumOf('runCompleted', Duration.hours(1))]),
    latest('age of the feed (hours)', 5, ['feedAgeHours']),
    latest(
      'Spot nodes, interruptions of risky types against others, and guard rails that cannot hold',
      24,
      nodes,
    ),
  ];
}

function rowOfFunction(target: string, what: 'run' | 'job', handler: IFunction): IWidget[] {
  const counts = [
    handler.metricInvocations({ period: PERIOD }),
    handler.metricErrors({ period: PERIOD }),
    handler.metricThrottles({ period: PERIOD }),
  ];
  return [
    graph(`${target}: invocations${what === 'run' ? '' : ' for jobs'}`, 12, counts),
    graph(`${target}: longest ${what}`, 12, [handler.metricDuration(MAXIMUM)], {
      leftAnnotations: [{ value: RUN_TIMEOUT * 60_000, label: 'timeout' }],
    }),
  ];
}

/** Is the fleet too large for the interval, or does a job hold up all others? */
function rowOfQueues(target: string, { queue, deadQueue }: Jobs): IWidget[] {
  const waiting = queue.metricApproximateNumberOfMessagesVisible(MAXIMUM);
  const dead = deadQueue.metricApproximateNumberOfMessagesVisible({ ...MAXIMUM, label: 'dead' });
  return [
    graph(`${target}: waiting jobs, and dead ones`, 12, [waiting, dead]),
    graph(`${target}: age of the oldest job`, 12, [queue.metricApproximateAgeOfOldestMessage(MAXIMUM)]),
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

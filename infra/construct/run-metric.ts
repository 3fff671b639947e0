import { Duration } from 'aws-cdk-lib';
import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { METRIC_NAMESPACE, METRICS, TARGET_DIMENSION } from '../../lambda/report/metric-names.ts';

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

import type { Metric, MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import { Construct } from 'constructs';
import { runMetric } from './alarms.ts';

/** A target's metrics. */
export abstract class MeasuredTarget extends Construct {
  /** Marks the target's entries, metrics and alarms. */
  abstract readonly targetName: string;

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

  /** On-demand nodes that Spot templates had to buy because Spot was short. */
  metricFallbackNodes(options?: MetricOptions): Metric {
    return runMetric('fallbackNodes', this.targetName, options);
  }

  /** How often machines of risky types were interrupted, as a multiple of your other machines' rate. */
  metricRiskyAgainstOthers(options?: MetricOptions): Metric {
    return runMetric('riskyAgainstOthers', this.targetName, options);
  }

  /** Machine classes, templates and families in use that are left with too few types. */
  metricUnheldGuardRails(options?: MetricOptions): Metric {
    return runMetric('unheldGuardRails', this.targetName, options);
  }

  /** Hours since AWS published the feed. */
  metricFeedAgeHours(options?: MetricOptions): Metric {
    return runMetric('feedAgeHours', this.targetName, options);
  }
}

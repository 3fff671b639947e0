import { Stack } from 'aws-cdk-lib';
import { CfnQueryDefinition, type ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

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

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SandboxRequest } from '../../../cli/demo/sandbox/http/exchange.ts';
import { type Deployment, deploy, eightRiskyFeed } from '../../support/deployment.ts';

/** The metrics in a log, as CloudWatch would read them: lines in its embedded metric format. */
function metricsIn(log: string): Array<Record<string, unknown>> {
  return log
    .split('\n')
    .filter((line) => line.includes('"CloudWatchMetrics"'))
    .map((line) => JSON.parse(line));
}

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deploy({ environment: { TARGET_NAME: 'linux' } });
});
beforeEach(() => deployment.reset());
afterAll(() => deployment[Symbol.asyncDispose]());

describe("a run's metrics", () => {
  it('show the decisions and outcomes, with the target as their only dimension', async () => {
    const { log } = await deployment.invoke();
    const [metrics, ...more] = metricsIn(log);
    expect(more).toEqual([]);
    expect(metrics).toMatchObject({
      target: 'linux',
      RunCompleted: 1,
      RiskyTypes: 449,
      BlacklistedTypes: 445,
      Added: 445,
      Renewed: 0,
      Removed: 0,
      Spared: 4,
      Failed: 0,
      Deferred: 0,
      Postponed: 0,
      Uncovered: 0,
    });
    expect(metrics?.['FeedAgeHours']).toBeGreaterThan(24);
    expect(metrics).toMatchObject({
      _aws: { CloudWatchMetrics: [{ Namespace: 'SpotBlacklist', Dimensions: [['target']] }] },
    });
  });

  it('are emitted for a run that fails, too', async () => {
    const { faults, castai, feed } = deployment.sandbox;
    feed.replace(eightRiskyFeed());
    castai.switches.keyMayWrite = false;
    const { log } = await deployment.invoke();
    expect(metricsIn(log)).toMatchObject([
      { RunCompleted: 0, RiskyTypes: 8, BlacklistedTypes: 0, Added: 0, Uncovered: 8 },
    ]);
    castai.switches.keyMayWrite = true;
    const ofCluster = {
      route: 'list',
      matching: ({ query }: SandboxRequest) => 'clusterId' in query,
    } as const;
    faults.push({ when: ofCluster, fault: { kind: 'body', body: '<html>' } });
    const [unread] = metricsIn((await deployment.invoke()).log);
    expect(unread).toMatchObject({ RunCompleted: 0, Failed: 1, RiskyTypes: 0 });
    expect(unread).not.toHaveProperty('BlacklistedTypes');
    expect(unread).not.toHaveProperty('Uncovered');
  });

  it('of a dry run show that it wrote nothing, and do not count a completed run', async () => {
    const { log } = await deployment.invoke({ dryRun: true });
    const [metrics] = metricsIn(log);
    expect(metrics).toMatchObject({ RiskyTypes: 449, BlacklistedTypes: 0, Added: 0 });
    // A dry run by hand must not silence the alarm for runs that do not complete.
    expect(metrics).not.toHaveProperty('RunCompleted');
    expect(metrics).not.toHaveProperty('Uncovered');
  });

  it('of a clear are only those that apply to it', async () => {
    deployment.sandbox.feed.replace(eightRiskyFeed());
    await deployment.invoke();
    const [metrics] = metricsIn((await deployment.invoke({ operation: 'clear' })).log);
    expect(metrics).toMatchObject({ BlacklistedTypes: 0, Removed: 8, Failed: 0, Deferred: 0 });
    expect(metrics).not.toHaveProperty('RunCompleted');
    expect(metrics).not.toHaveProperty('RiskyTypes');
  });
});

// A fleet on a sandbox, with a function that divides its runs into jobs.
import { createHash } from 'node:crypto';
import { type Cluster, makeCluster } from '../../cli/demo/sandbox/castai/castai.ts';
import { sqsEvent } from '../sandbox/aws/sqs.ts';
import type { Invocation } from '../sandbox/function/function.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import {
  type Deployment,
  type DeployOptions,
  deploy,
  logLines,
  NO_GUARD_RAILS,
  riskyFeed,
} from './deployment.ts';

/** The types that are risky in every cluster. */
export const FLEET_TYPES = ['c5.large', 'm5.large', 'r5.large'];

/** Makes CAST AI know these clusters, and no others, and the secret be for all of them. */
export function setFleet(sandbox: Sandbox, names: readonly string[], region = 'us-east-1'): Cluster[] {
  const { organizationId } = sandbox.castai;
  sandbox.castai.clusters = names.map((name) => makeCluster(region, { organizationId, name }));
  sandbox.feed.replace(riskyFeed(FLEET_TYPES));
  sandbox.putSecret({ 'cluster-id': '*' });
  return sandbox.castai.clusters;
}

/** A function with a queue, and a fleet of three clusters. */
export async function deployFleet(options: DeployOptions = {}): Promise<Deployment> {
  const deployment = await deploy({
    fanOut: true,
    ...options,
    environment: {
      ...NO_GUARD_RAILS,
      SCHEDULE_GAP_MINUTES: '60',
      EVENT_BUS: 'default',
      ...options.environment,
    },
  });
  resetFleet(deployment);
  return deployment;
}

/** As {@link Deployment.reset}, with nothing in the queue. */
export function resetFleet(deployment: Deployment, names = ['alpha', 'beta', 'gamma']): void {
  deployment.reset();
  const { sqs, eventBridge } = deployment.sandbox;
  sqs.messages.length = 0;
  sqs.running = 0;
  sqs.failure = undefined;
  sqs.refuse = () => undefined;
  eventBridge.events.length = 0;
  setFleet(deployment.sandbox, names);
}

/** @throws {Error} if the fleet has no such cluster */
export function clusterIdOf({ sandbox }: Deployment, name: string): string {
  const cluster = sandbox.castai.clusters.find((one) => one.name === name);
  if (cluster === undefined) throw new Error(`There is no cluster ${name}.`);
  return cluster.id;
}

/** A queued job, as it is sent. */
export interface Message {
  readonly version: number;
  readonly target: string;
  readonly round: string;
  readonly feed: string | null;
  readonly kind: string;
  readonly cluster?: string;
}

/** The ETag of a fleet's feed. */
const FLEET_FEED = `"${createHash('md5')
  .update(JSON.stringify(riskyFeed(FLEET_TYPES)))
  .digest('hex')}"`;

/** @returns a message for a job of a round that begins now */
export function message(more: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  const round = new Date().toISOString();
  return { version: 3, target: 'default', round, feed: FLEET_FEED, kind: 'summary', ...more };
}

/** @returns what waits in the queue, the next first */
export function waitingIn({ sqs }: Sandbox): Message[] {
  return sqs.messages.map(({ body }) => JSON.parse(body));
}

/** Hands a message to the function of the jobs, as Lambda's poller does. */
export function hand(deployment: Deployment, body: unknown): Promise<Invocation> {
  return deployment.invokeJob(sqsEvent({ body: typeof body === 'string' ? body : JSON.stringify(body) }));
}

/** Hands everything over that waits. */
export async function handAll(deployment: Deployment): Promise<Invocation[]> {
  const invocations: Invocation[] = [];
  for (;;) {
    const event = deployment.sandbox.sqs.deliver();
    if (event === undefined) return invocations;
    invocations.push(await deployment.invokeJob(event));
  }
}

/** @returns the log's last line for people */
export function lastLine({ log }: Invocation): Record<string, unknown> {
  return logLines(log).at(-1) ?? {};
}

/** @returns the metrics in a log, as CloudWatch reads them */
export function metricsIn({ log }: Invocation): Record<string, unknown> {
  const lines = log.split('\n').filter((line) => line.includes('"_aws"'));
  return Object.assign({}, ...lines.map((line): object => JSON.parse(line)));
}

// What many tests share: a deployed function, feeds of a few types, and the reading of logs.
import { join } from 'node:path';
import type { Cluster } from '../../cli/demo/sandbox/castai/castai.ts';
import type { SandboxRequest } from '../../cli/demo/sandbox/http/exchange.ts';
import type { RunResult } from '../../lambda/report/result.ts';
import type { CastAiSwitches } from '../sandbox/castai/switches.ts';
import { type Invocation, type LocalFunction, startFunction } from '../sandbox/function/function.ts';
import type { Fault } from '../sandbox/http/faults.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../sandbox/sandbox.ts';
import { PROJECT } from './project.ts';

export const BUNDLE = join(PROJECT, 'dist', 'handler', 'index.mjs');

/** The entry point of a fleet's jobs. */
export const FLEET_BUNDLE = join(PROJECT, 'dist', 'handler', 'fleet.mjs');

export const HOUR = 3_600_000;

/** What the function is deployed with unless a test says otherwise. */
const ENVIRONMENT = { OS: 'Linux', INTERRUPTION_THRESHOLD: '20', BATCH_PAUSE: '0' };

export interface DeployOptions {
  readonly sandbox?: SandboxOptions;
  /** On top of what every deployment has; `undefined` takes a variable away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Whether the function has a queue for a fleet's jobs. */
  readonly fanOut?: boolean;
  /** Default: 120, twice what any run of the tests may take. */
  readonly timeoutSeconds?: number;
}

/** A failed invocation, described by Lambda's response and by the log. */
export interface Failure {
  readonly name: string;
  readonly message: string;
  /** From the log: Lambda does not report it. */
  readonly code: string;
  /** What the log says of the run's result; empty where it did not come so far. */
  readonly report: Partial<RunResult> & Readonly<Record<string, unknown>>;
  readonly log: string;
  readonly milliseconds: number;
}

/** The built bundle in a process of its own, and the sandbox that it works on. */
export class Deployment implements AsyncDisposable {
  readonly sandbox: Sandbox;
  readonly #function: LocalFunction;
  /** Starts the function of a fleet's jobs, which not every test needs; undefined without fan-out. */
  readonly #startJobs: (() => Promise<LocalFunction>) | undefined;
  #jobs: Promise<LocalFunction> | undefined;
  /** How the sandbox was at first. */
  readonly #first: {
    feed: Buffer;
    lastModified: Date | undefined;
    apiKey: string;
    clusters: Cluster[];
    switches: CastAiSwitches;
  };

  /** Use {@link deploy}. */
  constructor(sandbox: Sandbox, localFunction: LocalFunction, startJobs?: () => Promise<LocalFunction>) {
    this.sandbox = sandbox;
    this.#function = localFunction;
    this.#startJobs = startJobs;
    const { apiKey, clusters, switches } = sandbox.castai;
    const { body, lastModified } = sandbox.feed;
    this.#first = { feed: body, lastModified, apiKey, clusters, switches: { ...switches } };
  }

  /** Makes the sandbox what it was at first, so that tests may share a deployment, which takes a while to start. */
  reset(): void {
    const { castai, faults, feed, requests, secrets } = this.sandbox;
    faults.clear();
    requests.length = 0;
    feed.replace(this.#first.feed);
    feed.lastModified = this.#first.lastModified;
    castai.entries = [];
    castai.apiKey = this.#first.apiKey;
    castai.clusters = this.#first.clusters;
    Object.assign(castai.switches, this.#first.switches);
    secrets.failure = undefined;
    this.sandbox.capacityManager.reset();
    this.sandbox.putSecret();
  }

  invoke(payload?: unknown): Promise<Invocation> {
    return this.#function.invoke(payload);
  }

  /** Invokes the function of a fleet's jobs. @throws {Error} if there is none */
  async invokeJob(payload: unknown): Promise<Invocation> {
    this.#jobs ??= this.#startJobs?.();
    if (this.#jobs === undefined) throw new Error('This deployment has no fan-out.');
    return (await this.#jobs).invoke(payload);
  }

  /** @throws {Error} if the invocation fails, with all that it said. */
  async succeed(payload?: unknown): Promise<RunResult> {
    const invocation = await this.invoke(payload);
    if (invocation.functionError === undefined) return invocation.payload as RunResult;
    throw new Error(`The invocation failed: ${JSON.stringify(invocation.payload)}\n${invocation.log}`);
  }

  /** @throws {Error} if the invocation succeeds, or its log does not end with the very error that it threw. */
  async fail(payload?: unknown): Promise<Failure> {
    const { functionError, payload: thrown, log, milliseconds } = await this.invoke(payload);
    if (functionError === undefined) throw new Error(`The invocation succeeded: ${JSON.stringify(thrown)}`);
    const { errorType: name, errorMessage: message } = thrown;
    const { error, ...report } = logLines(log).at(-1) ?? {};
    const logged = error as { name?: string; message?: string; code?: string } | undefined;
    if (logged?.name !== name || logged.message !== message || logged.code === undefined)
      throw new Error(`The log does not end with ${name}: ${message}\n${log}`);
    return { name, message, code: logged.code, report, log, milliseconds };
  }

  /** The requests to add and to remove, oldest first. */
  get writes(): readonly SandboxRequest[] {
    return this.sandbox.requests.filter(({ route }) => route === 'add' || route === 'remove');
  }

  /** The types of the requests to add, oldest first. */
  get addedTypes(): readonly string[] {
    return this.writes.filter(({ route }) => route === 'add').map(typeIn);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#function.close();
    await (await this.#jobs)?.close();
    await this.sandbox.close();
  }
}

/** Starts a sandbox and the bundle in front of it. */
export async function deploy(options: DeployOptions = {}): Promise<Deployment> {
  const sandbox = await startSandbox(options.sandbox);
  const environment = {
    ...sandbox.environment,
    ...(options.fanOut && sandbox.fanOut),
    ...ENVIRONMENT,
    ...options.environment,
  };
  const common = {
    environment: Object.fromEntries(
      Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
    ),
    timeoutSeconds: options.timeoutSeconds ?? 120,
  };
  const localFunction = await startFunction({ bundle: BUNDLE, ...common });
  const startJobs = () => startFunction({ bundle: FLEET_BUNDLE, ...common });
  return new Deployment(sandbox, localFunction, options.fanOut ? startJobs : undefined);
}

/** The instance type that a request to add or to remove names. */
export function typeIn({ body }: SandboxRequest): string {
  return (body as { instanceType: string }).instanceType;
}

/**
 * The lines that are for people; metrics, which CloudWatch takes out of the log, are left out.
 *
 * @throws {SyntaxError} if a line of the log is not JSON
 */
export function logLines(log: string): Record<string, unknown>[] {
  return log
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Record<string, unknown> => JSON.parse(line))
    .filter((line) => !('_aws' in line));
}

/** AWS's table of ranges, as it has always been. */
export const RANGES = [
  { index: 0, label: '<5%', dots: 0, max: 5 },
  { index: 1, label: '5-10%', dots: 1, max: 11 },
  { index: 2, label: '10-15%', dots: 2, max: 16 },
  { index: 3, label: '15-20%', dots: 3, max: 22 },
  { index: 4, label: '>20%', dots: 4, max: 100 },
] as const;

/** The settings under which a feed of a few types is not too small. */
export const NO_GUARD_RAILS = {
  MIN_TYPES_PER_ARCHITECTURE: '0',
  MIN_FAMILIES_PER_ARCHITECTURE: '0',
  MIN_TYPES_PER_TEMPLATE: '0',
  MAX_BLACKLIST_SHARE: '1',
};

/** A feed of one region and OS: each type with the index of its range. */
export function smallFeed(types: Readonly<Record<string, number>>, region = 'us-east-1', os = 'Linux') {
  return {
    global_rate: '<10%',
    ranges: RANGES,
    instance_types: {},
    spot_advisor: {
      [region]: {
        [os]: Object.fromEntries(Object.entries(types).map(([type, r]) => [type, { r, s: 60 }])),
      },
    },
  };
}

/** Some types, for feeds in which all are risky. */
export const EIGHT_TYPES = [
  ...['m5.large', 'm5.xlarge', 'm5.2xlarge', 'c5.large'],
  ...['c5.xlarge', 'r5.large', 'r5.xlarge', 'i3.large'],
];

/** A feed of just these types, all of them risky. */
export function riskyFeed(types: readonly string[] = EIGHT_TYPES) {
  return smallFeed(Object.fromEntries(types.map((type) => [type, 4])));
}

/** Enough calm types that each of eight risky ones can be blacklisted. */
const CALM_TYPES = ['m6i', 'c6i', 'r6i', 'm7i', 'c7i', 'r7i'].flatMap((family) =>
  ['large', 'xlarge', '2xlarge', '4xlarge'].map((size) => `${family}.${size}`),
);

/** A feed with which a run is complete, as with AWS's, but takes a fraction of the time: of its types, eight are risky. */
export function eightRiskyFeed() {
  const bands = [...EIGHT_TYPES.map((type) => [type, 4]), ...CALM_TYPES.map((type) => [type, 0])];
  return smallFeed(Object.fromEntries(bands));
}

/** A deployment whose feed has just these types, all of them risky. */
export async function deployForRisky(
  types: readonly string[],
  options: DeployOptions = {},
): Promise<Deployment> {
  const deployment = await deploy({ ...options, environment: { ...NO_GUARD_RAILS, ...options.environment } });
  deployment.sandbox.feed.replace(riskyFeed(types));
  return deployment;
}

/** The types that CAST AI has entries for, in alphabetical order. */
export function blacklistedTypes({ sandbox }: Deployment): (string | null)[] {
  return [...new Set(sandbox.castai.entries.map(({ instanceType }) => instanceType))].sort();
}

/** The fault of an answer with this status. */
export function answering(
  status: number,
  more: { headers?: Record<string, string>; body?: string } = {},
): Fault {
  return { kind: 'status', status, ...more };
}

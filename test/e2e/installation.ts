import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FEED_PATH } from '../../cli/demo/sandbox/http/routes.ts';
import type { RunResult } from '../../lambda/report/result.ts';
import { startFunction } from '../sandbox/function/function.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import { cdk } from './cdk.ts';
import { Deployed } from './deployed.ts';
import { type LocalAws, startLocalAws } from './local-aws.ts';

/** Values of the configuration, by their paths: `targets.0.dryRun`. */
type Settings = Readonly<Record<string, unknown>>;

/** Reads them, and does what cdk.json says. */
const APP = 'node build/ready.mjs && node test/e2e/app.ts';

/** The project's stack on a local AWS, beside a sandbox for CAST AI and the feed. */
export class Installation implements AsyncDisposable {
  readonly aws: LocalAws;
  readonly sandbox: Sandbox;
  readonly deployed: Deployed;
  /** For what is written meanwhile. */
  readonly folder = mkdtempSync(join(tmpdir(), 'spot-blacklist-e2e-'));

  /** Use {@link startInstallation}. */
  constructor(aws: LocalAws, sandbox: Sandbox) {
    this.aws = aws;
    this.sandbox = sandbox;
    this.deployed = new Deployed(aws);
  }

  /** Runs a command of CDK against the local AWS, with these settings in the configuration. */
  cdk(command: readonly string[], settings: Settings = {}) {
    const all = {
      castaiApiUrl: this.sandbox.url,
      spotAdvisorUrl: `${this.sandbox.url}${FEED_PATH}`,
      // As fast as the sandbox answers: hundreds of types would otherwise take minutes.
      'targets.0.batchPause': 0,
      chatTopic: true,
      ...settings,
    };
    return cdk([...command, '--app', APP, '--output', join(this.folder, 'cdk.out')], {
      ...this.environment,
      TEST_SETTINGS: JSON.stringify(all),
    });
  }

  /** What a process sees that works on it. */
  get environment(): Readonly<Record<string, string>> {
    return { ...this.aws.environment, HOME: this.folder };
  }

  deploy(settings: Settings = {}) {
    // moto has neither change sets nor the values of the parameters before.
    const options = ['--require-approval', 'never', '--method', 'direct', '--no-previous-parameters'];
    return this.cdk(['deploy', ...options], settings);
  }

  /**
   * Invokes the deployed code as Lambda would: with the environment, memory and timeout that the function was given,
   * and what Lambda adds: the role's credentials and where it runs. Here, AWS is moto.
   */
  async invoke(payload: unknown) {
    const { Configuration } = await this.deployed.function();
    await using deployedFunction = await startFunction({
      bundle: join(await this.deployed.download(this.folder), 'index.mjs'),
      environment: { ...Configuration?.Environment?.Variables, ...this.aws.environment },
      timeoutSeconds: Configuration?.Timeout ?? 0,
      memory: Configuration?.MemorySize ?? 0,
    });
    return await deployedFunction.invoke(payload);
  }

  /** @throws {Error} if the invocation fails, with all that it said */
  async succeed(payload: unknown): Promise<RunResult> {
    const { functionError, payload: result, log } = await this.invoke(payload);
    if (functionError !== undefined) throw new Error(`${JSON.stringify(result)}\n${log}`);
    return result as RunResult;
  }

  /** The payload in a command that `cdk deploy` printed. */
  async payloadOf(output: string): Promise<Record<string, unknown>> {
    const [, payload] = /^echo '([^']*)' \|/.exec((await this.deployed.outputs())[output] ?? '') ?? [];
    return JSON.parse(payload ?? 'null');
  }

  /** The types of CAST AI's live entries, in alphabetical order. */
  get liveTypes(): (string | null)[] {
    const entries = this.sandbox.castai.liveEntries();
    return entries.map(({ instanceType }) => instanceType).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.aws[Symbol.asyncDispose]();
    await this.sandbox.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Nothing is deployed yet. @throws {Error} if moto is missing */
export async function startInstallation(): Promise<Installation> {
  const aws = await startLocalAws();
  return new Installation(aws, await startSandbox());
}

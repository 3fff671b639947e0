import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { CreateSecretCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { TIME_LIMIT } from './time-limit.ts';

/** What has to be there: nothing here is skipped. */
const REQUIRED = ['moto_server', 'cfn-lint'];

/** How long moto may take to start: less than the hook that waits for it, so that what it said is shown. */
const START_LIMIT = TIME_LIMIT / 3;

/** A local AWS (moto) in a process of its own, on a free port of loopback. It holds everything in memory. */
export class LocalAws implements AsyncDisposable {
  readonly region = 'us-east-1';
  /** The name, not the number: moto knows its own S3 addresses by it. */
  readonly endpoint: string;
  readonly credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
  readonly #process: ChildProcess;

  /** Use {@link startLocalAws}. */
  constructor(process: ChildProcess, port: string) {
    this.#process = process;
    this.endpoint = `http://localhost:${port}`;
  }

  /** What an AWS SDK's client needs. */
  get client() {
    return { region: this.region, endpoint: this.endpoint, credentials: this.credentials };
  }

  /** What a process needs whose AWS this is. */
  get environment(): Record<string, string> {
    return {
      AWS_REGION: this.region,
      AWS_DEFAULT_REGION: this.region,
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_ACCESS_KEY_ID: this.credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: this.credentials.secretAccessKey,
    };
  }

  /** Creates the secret as docs/install.md does, for the first cluster of a sandbox unless one is given. */
  async createSecret(Name: string, { castai }: Sandbox, clusterId = castai.clusters[0]?.id): Promise<void> {
    const secret = {
      'api-key': castai.apiKey,
      'org-id': castai.organizationId,
      'cluster-id': clusterId,
    };
    await new SecretsManagerClient(this.client).send(
      new CreateSecretCommand({ Name, SecretString: JSON.stringify(secret) }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const ended = once(this.#process, 'exit');
    this.#process.kill('SIGKILL');
    await ended;
  }
}

/** @throws {Error} that says how to install what is missing, or what moto said when it did not start */
export async function startLocalAws(): Promise<LocalAws> {
  const missing = REQUIRED.filter((command) => spawnSync(command, ['--help']).error !== undefined);
  if (missing.length > 0)
    throw new Error(
      `Without ${missing.join(' and ')} nothing can be said. Run: pip install --no-deps -r .ci/requirements.txt`,
    );
  const moto = spawn('moto_server', ['-H', '127.0.0.1', '-p', '0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  // It must not outlive a test run that is interrupted.
  process.once('exit', () => moto.kill('SIGKILL'));
  let said = '';
  const started = Promise.withResolvers<string>();
  moto.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    const [, port] = /Running on http:\/\/127\.0\.0\.1:(\d+)/.exec(said) ?? [];
    if (port !== undefined) started.resolve(port);
  });
  moto.once('exit', () => started.reject(new Error(`moto_server ended before it listened:\n${said}`)));
  const timer = setTimeout(() => {
    started.reject(new Error(`moto_server does not listen after ${START_LIMIT / 1000} s:\n${said}`));
    moto.kill('SIGKILL');
  }, START_LIMIT);
  try {
    return new LocalAws(moto, await started.promise);
  } finally {
    clearTimeout(timer);
  }
}

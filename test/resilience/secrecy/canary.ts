// A made-up API key that goes through everything that can fail, and must not come out anywhere.
import { createHash } from 'node:crypto';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Fault } from '../../sandbox/http/faults.ts';
import type { Route } from '../../sandbox/http/routes.ts';
import {
  type Deployment,
  type DeployOptions,
  deploy,
  NO_GUARD_RAILS,
  riskyFeed,
} from '../../support/deployment.ts';

export const random = (seed: string) => createHash('sha256').update(seed).digest('base64url');
/** In the form of a real one. No piece of it can be in an output by chance. */
export const KEY = `castai_v1_${(random('canary') + random('bird')).slice(0, 64)}_${random('mine').slice(0, 8)}`;

/** An error of this project, so that what was meant to fail did so by itself, and was not ended from outside. */
export const OWN_ERROR = /^(Settings|Secret|Feed|Cluster|CastAi|CastAiAuth|RunIncomplete)Error$/;

/** The shortest piece by which it could be recognised. */
const PIECE = 12;

export interface Case {
  /** Makes something fail, or not. */
  readonly arrange?: (deployment: Deployment) => void;
  readonly options?: DeployOptions;
  readonly payload?: unknown;
  /** Everything else is meant to fail. */
  readonly succeeds?: true;
  /** It takes seconds, so it has a deployment of its own, beside others. */
  readonly waits?: true;
}

export const withFault =
  (route: Route, fault: Fault) =>
  ({ sandbox }: Deployment) =>
    sandbox.faults.push({ when: { route }, fault });

/** A deployment that knows the key, with every log switched on. */
export async function deployWithKey({ environment, ...options }: DeployOptions = {}): Promise<Deployment> {
  const talkative = {
    AWS_LAMBDA_LOG_LEVEL: 'TRACE',
    POWERTOOLS_LOGGER_LOG_EVENT: 'true',
    EVENT_BUS: 'default',
  };
  const deployment = await deploy({
    ...options,
    environment: { ...NO_GUARD_RAILS, ...talkative, ...environment },
  });
  takeKey(deployment);
  return deployment;
}

/** Makes the sandbox know the key, and echo it where it refuses something. */
export function takeKey({ sandbox }: Deployment): void {
  sandbox.castai.apiKey = KEY;
  sandbox.castai.switches.echoKeyInErrors = true;
  sandbox.feed.replace(riskyFeed());
  sandbox.putSecret();
}

/** A test for each case: on one deployment after another case, or, where it waits or has options, on one of its own. */
export function testEach(cases: Readonly<Record<string, Case>>): void {
  let shared: Deployment;
  beforeAll(async () => {
    shared = await deployWithKey();
  });
  afterAll(() => shared[Symbol.asyncDispose]());
  const isAlone = ({ options, waits }: Case) => options !== undefined || waits === true;
  const all = Object.entries(cases);

  it.each(all.filter(([, one]) => !isAlone(one)))(
    'no result, log or error has a piece of the API key after %s',
    async (_, one) => {
      shared.reset();
      takeKey(shared);
      const { leaks, error } = await leaksOf(one, shared);
      expect(leaks).toEqual([]);
      expect(error ?? '').toMatch(one.succeeds ? /^$/ : OWN_ERROR);
    },
  );

  it.concurrent.for(all.filter(([, one]) => isAlone(one)))(
    'no result, log or error has a piece of the API key after %s',
    async ([, one], { expect }) => {
      const { leaks, error } = await leaksOf(one);
      expect(leaks).toEqual([]);
      expect(error).toMatch(OWN_ERROR);
    },
  );
}

/** The pieces of the key that an invocation gave away, and the name of its error. */
export async function leaksOf(one: Case, shared?: Deployment) {
  if (shared === undefined) {
    await using deployment = await deployWithKey(one.options);
    return await leaksFrom(deployment, one);
  }
  return leaksFrom(shared, one);
}

async function leaksFrom(deployment: Deployment, { arrange, payload = {} }: Case) {
  arrange?.(deployment);
  const { events } = deployment.sandbox.eventBridge;
  events.length = 0;
  const { payload: answer, log, functionError } = await deployment.invoke(payload);
  const output = JSON.stringify([answer, events]) + log;
  return { leaks: leaksIn(output), error: functionError && answer.errorType };
}

/** The first few pieces of the key in a text. */
export function leaksIn(output: string): string[] {
  const leaks = [KEY, Buffer.from(KEY).toString('base64')].flatMap((key) =>
    Array.from({ length: key.length - PIECE + 1 }, (_, index) => key.slice(index, index + PIECE)).filter(
      (piece) => output.includes(piece),
    ),
  );
  return leaks.slice(0, 3);
}

/** Starts a server on a free port. */
export async function listen(server: Server) {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

import { createAgents } from '../http/agents.ts';

interface Limits {
  /** How often the SDK tries in total. */
  readonly attempts: number;
  /** Milliseconds until there is a connection, and until there is a response. */
  readonly connection: number;
  readonly response: number;
}

/**
 * @returns the options of every client of the AWS SDK. The agents are its own: destroying the client closes them
 * @throws {SettingsError} if the environment sets an unusable proxy
 */
export function clientOptions({ attempts, connection, response }: Limits) {
  const { http: httpAgent, https: httpsAgent } = createAgents();
  return {
    maxAttempts: attempts,
    requestHandler: {
      connectionTimeout: connection,
      requestTimeout: response,
      throwOnRequestTimeout: true,
      httpAgent,
      httpsAgent,
    },
  };
}

/** Where the code runs, which determines the advice: a function has a role, a terminal has a login. */
export type Place = 'lambda' | 'terminal';

/** The parts of the SDK's error that are examined. None is ever shown: the error holds the request and the response. */
export interface Thrown {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

/** @param error whatever the SDK threw */
export function thrownBy(error: unknown): Thrown {
  const { name, code, message } = (error ?? {}) as Partial<Record<keyof Thrown, unknown>>;
  return { name: String(name), code: String(code), message: String(message) };
}

/** @returns whether there was no connection, or it was lost: by Node.js's codes, except those for files */
export function isConnection({ name, code }: Thrown): boolean {
  return /^(Timeout|Abort)Error$/.test(name) || /^E(?!ACCES|NOENT|PERM|ISDIR|MFILE)[A-Z_]+$/.test(code);
}

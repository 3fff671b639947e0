import http, { type AgentOptions } from 'node:http';
import https from 'node:https';
import { SettingsError } from '../domain/errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Connections to this machine never go through a proxy. In the notation of NO_PROXY. */
const LOOPBACK = 'localhost,127.0.0.0-127.255.255.255,[::1],::1';

/**
 * Connections go through the proxies in `HTTPS_PROXY` and `HTTP_PROXY`, if set, except to the hosts in `NO_PROXY`. The
 * lower-case variables take precedence, as in other tools.
 *
 * @returns options for Node.js agents, including those of the AWS SDK
 * @throws {SettingsError} if a proxy is unusable; the message omits its address, which may contain a password
 */
export function proxyOptions(environment: Environment = process.env): Pick<AgentOptions, 'proxyEnv'> {
  const noProxy = environment['no_proxy'] || environment['NO_PROXY'];
  return {
    proxyEnv: {
      https_proxy: proxyIn(environment, 'HTTPS_PROXY'),
      http_proxy: proxyIn(environment, 'HTTP_PROXY'),
      no_proxy: noProxy ? `${LOOPBACK},${noProxy}` : LOOPBACK,
    },
  };
}

/** Whether this Node.js supports proxies: the flag was added with the agents' option, in 22.21 and 24.5. */
const SUPPORTS_PROXIES = process.allowedNodeEnvironmentFlags.has('--use-env-proxy');

/** @returns a warning if a proxy is set that this Node.js does not support; otherwise null */
export function proxyWarning(environment: Environment, supportsProxies = SUPPORTS_PROXIES): string | null {
  if (supportsProxies) return null;
  const named = ['HTTPS_PROXY', 'HTTP_PROXY'].find((name) => valueIn(environment, name));
  if (named === undefined) return null;
  return `${named} is set, but this Node.js (${process.versions.node}) does not support proxies and connects directly. Use Node.js 22.21, 24.5 or newer.`;
}

function valueIn(environment: Environment, name: string): string | undefined {
  return environment[name.toLowerCase()]?.trim() || environment[name]?.trim();
}

function proxyIn(environment: Environment, name: string): string | undefined {
  const value = valueIn(environment, name);
  if (value === undefined || value === '') return undefined;
  // Node.js 22.0, which may run the command line, has no URL.parse().
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url !== null && /^https?:$/.test(url.protocol) && /^https?:\/\//i.test(value) && isDecodable(url))
    return url.href;
  throw new SettingsError(
    `${name} must be the address of a proxy, such as http://proxy.example:3128; nothing was done. Correct it, or unset it to connect directly.`,
  );
}

/** Node.js decodes the user name and the password, and throws if it cannot. */
function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

/*
 * With NODE_DEBUG=https, Node.js prints the options of every new connection, including the request's headers: the API
 * key, or the role's session token. A connection does not need them, so these agents leave them out.
 */

class HttpAgent extends http.Agent {
  override createConnection(...[options, done]: Parameters<http.Agent['createConnection']>) {
    return super.createConnection(withoutHeaders(options), done);
  }
}

class HttpsAgent extends https.Agent {
  override createConnection(...[options, done]: Parameters<https.Agent['createConnection']>) {
    return super.createConnection(withoutHeaders(options), done);
  }
}

function withoutHeaders<T extends object>(options: T): T {
  return { ...options, headers: undefined };
}

/**
 * @returns agents for all requests, the AWS SDK's included, configured like Node.js's global agents, with the proxies
 *   from the environment
 * @throws {SettingsError} if the environment sets an unusable proxy
 */
export function createAgents(): { http: HttpAgent; https: HttpsAgent } {
  const options = { keepAlive: true, scheduling: 'lifo', timeout: 5_000, ...proxyOptions() } as const;
  return { http: new HttpAgent(options), https: new HttpsAgent(options) };
}

/** @returns whether a code of Node.js or OpenSSL means that a TLS certificate is not trusted */
export function isUntrusted(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|HOSTNAME_MISMATCH|^INVALID_(CA|PURPOSE)$/.test(code);
}

/** What to do about an untrusted certificate. */
export const HOW_TO_TRUST =
  'If a proxy inspects TLS, set NODE_EXTRA_CA_CERTS to a file containing its certificate authority.';

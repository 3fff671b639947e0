import type { AgentOptions } from 'node:http';
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
  // URL.parse() came after Node.js 22.0, which runs the command line.
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

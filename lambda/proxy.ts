import { Agent as HttpAgent } from 'node:http';
import { type AgentOptions, Agent as HttpsAgent } from 'node:https';
import { SettingsError } from './errors.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** What is on this machine is never asked through a proxy, in the words of Node.js's NO_PROXY. */
const LOOPBACK = 'localhost,127.0.0.0-127.255.255.255,[::1],::1';

/**
 * How connections leave this machine: directly, or through the proxies that `HTTPS_PROXY` and `HTTP_PROXY` name, except
 * to what `NO_PROXY` lists. In small letters they win, as elsewhere.
 *
 * @returns options for agents of Node.js, the AWS SDK's among them
 * @throws {SettingsError} if a proxy is named that cannot be used; without its address, which may hold a password
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

/** @returns agents with Node.js's own defaults, which leave as `proxyOptions` says */
export function proxyAgents(): { http: HttpAgent; https: HttpsAgent } {
  const options: AgentOptions = { keepAlive: true, scheduling: 'lifo', timeout: 5_000, ...proxyOptions() };
  return { http: new HttpAgent(options), https: new HttpsAgent(options) };
}

/** Whether this Node.js has proxies: the flag came with the agents' option, in 22.21 and 24.5. */
const KNOWS_PROXIES = process.allowedNodeEnvironmentFlags.has('--use-env-proxy');

/** @returns what to say where a proxy is named that this Node.js does not know how to use, or null */
export function proxyWarning(environment: Environment, knowsProxies = KNOWS_PROXIES): string | null {
  if (knowsProxies) return null;
  const named = ['HTTPS_PROXY', 'HTTP_PROXY'].find((name) => valueIn(environment, name));
  if (named === undefined) return null;
  return `${named} is set, but this Node.js (${process.versions.node}) connects directly all the same: proxies need 22.21, 24.5 or newer.`;
}

function valueIn(environment: Environment, name: string): string | undefined {
  return environment[name.toLowerCase()]?.trim() || environment[name]?.trim();
}

function proxyIn(environment: Environment, name: string): string | undefined {
  const value = valueIn(environment, name);
  if (value === undefined || value === '') return undefined;
  const url = URL.parse(value);
  if (url !== null && /^https?:$/.test(url.protocol) && /^https?:\/\//i.test(value) && isDecodable(url))
    return url.href;
  throw new SettingsError(
    `${name} must be the address of a proxy, such as http://proxy.example:3128; nothing was done. Correct it, or unset it to connect directly.`,
  );
}

/** Node.js decodes what it logs in at the proxy with. */
function isDecodable({ username, password }: URL): boolean {
  try {
    decodeURIComponent(username + password);
    return true;
  } catch {
    return false;
  }
}

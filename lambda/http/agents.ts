import http from 'node:http';
import https from 'node:https';
import { proxyOptions } from './proxy.ts';

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

import http from 'node:http';
import https from 'node:https';

/*
 * With NODE_DEBUG=https, Node.js prints the options of every new connection, and a request's headers are among them: the
 * API key, or the role's session token. A connection needs none of them, so these agents leave them out.
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

/** What every request of this project goes through, those of the AWS SDK included. */
export const agents = {
  http: new HttpAgent({ keepAlive: true }),
  https: new HttpsAgent({ keepAlive: true }),
};

// A network with a proxy that intercepts TLS: the real names of all services lead to the sandbox.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { SECRETS_MANAGER_PATH } from '../../cli/demo/sandbox/http/routes.ts';
import { EVENT_BRIDGE_PATH } from '../sandbox/http/routes.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';

/** The default endpoints in us-east-1. */
const SECRETS_MANAGER = 'secretsmanager.us-east-1.amazonaws.com';
export const EVENT_BRIDGE = 'events.us-east-1.amazonaws.com';
export const REAL_NAMES = [SECRETS_MANAGER, 'spot-bid-advisor.s3.amazonaws.com', 'api.cast.ai'];

export interface CorporateNetwork extends AsyncDisposable {
  /** `http://127.0.0.1:PORT` */
  readonly proxyUrl: string;
  /** `https://localhost:PORT`: what is behind the proxy, reached without it. */
  readonly directUrl: string;
  /** The file with the certificate of the network's authority. */
  readonly authority: string;
  /** The requests that the proxy received: `CONNECT host:port`, or a method and an address. */
  readonly asked: string[];
  /** The `Proxy-Authorization` of each request. */
  readonly logins: (string | undefined)[];
  /** Statuses with which the proxy refuses the next CONNECTs. */
  readonly refusals: number[];
}

/** Starts a proxy behind which every name leads to the sandbox, with a certificate that only `authority` vouches for. */
export async function startCorporateNetwork(sandbox: Sandbox): Promise<CorporateNetwork> {
  const folder = mkdtempSync(join(tmpdir(), 'network-'));
  const authority = join(folder, 'authority.pem');
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'corporate' }], {
    keyType: 'ec',
    extensions: [
      { name: 'basicConstraints', cA: true },
      {
        name: 'subjectAltName',
        altNames: [...REAL_NAMES, EVENT_BRIDGE, 'localhost'].map((value) => ({ type: 2, value })),
      },
    ],
  });
  writeFileSync(authority, cert);

  const asked: string[] = [];
  const logins: (string | undefined)[] = [];
  const refusals: number[] = [];
  const inside = createTlsServer({ key, cert }, (incoming, response) =>
    forward(sandbox, new URL(`https://${incoming.headers.host}${incoming.url}`), incoming, response),
  );
  const insidePort = await portOf(inside);
  const proxy = createServer((incoming, response) => {
    asked.push(`${incoming.method} ${incoming.url}`);
    logins.push(incoming.headers['proxy-authorization']);
    forward(sandbox, new URL(incoming.url ?? ''), incoming, response);
  });
  const sockets = new Set<Socket>();
  proxy.on('connection', (socket) => sockets.add(socket));
  proxy.on('connect', (incoming, socket) => {
    asked.push(`CONNECT ${incoming.url}`);
    logins.push(incoming.headers['proxy-authorization']);
    socket.on('error', () => {});
    const refusal = refusals.shift();
    if (refusal !== undefined) {
      socket.end(`HTTP/1.1 ${refusal} Refused\r\n\r\n`);
      return;
    }
    const tunnel = connect(insidePort, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      tunnel.pipe(socket).pipe(tunnel);
    });
    tunnel.on('error', () => socket.destroy());
    sockets.add(tunnel);
  });
  return {
    proxyUrl: `http://127.0.0.1:${await portOf(proxy)}`,
    directUrl: `https://localhost:${insidePort}`,
    ...{ authority, asked, logins, refusals },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      for (const server of [proxy, inside]) await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  };
}

function forward(sandbox: Sandbox, to: URL, incoming: IncomingMessage, response: ServerResponse): void {
  const path = awsPathOf(to, incoming) ?? `${to.pathname}${to.search}`;
  const onward = request(
    sandbox.url + path,
    { method: incoming.method, headers: incoming.headers },
    (answer) => answer.pipe(response.writeHead(answer.statusCode ?? 502, answer.headers)),
  );
  incoming.pipe(onward.on('error', () => response.destroy()));
}

/** The sandbox's path of an AWS service, identified by its name or, without one, by the request. */
function awsPathOf({ hostname }: URL, { headers }: IncomingMessage): string | undefined {
  const target = String(headers['x-amz-target']);
  if (hostname === EVENT_BRIDGE || target.startsWith('AWSEvents.')) return EVENT_BRIDGE_PATH;
  return hostname === SECRETS_MANAGER || target.startsWith('secretsmanager.')
    ? SECRETS_MANAGER_PATH
    : undefined;
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

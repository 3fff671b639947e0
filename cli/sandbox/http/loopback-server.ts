import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/** An HTTP server that only this machine can reach. */
export class LoopbackServer {
  readonly #server: Server;

  /** @param respond handles one request; if it rejects, the connection is destroyed. */
  constructor(respond: (incoming: IncomingMessage, response: ServerResponse) => Promise<void>) {
    this.#server = createServer((incoming, response) => {
      // Usually the caller disconnected, or the server was closed, during a response.
      respond(incoming, response).catch(() => response.destroy());
    });
  }

  /**
   * Starts to listen, by default on any free port.
   * @throws {Error} Node's own, if the port is taken.
   */
  async listen(port = 0): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject).listen(port, '127.0.0.1', resolve);
    await promise;
  }

  /** `http://127.0.0.1:PORT`. @throws {Error} if the server does not listen. */
  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('The server does not listen.');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Stops listening and destroys every connection, those that hang included. */
  async close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeAllConnections();
    await promise;
  }
}

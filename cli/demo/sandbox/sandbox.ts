import type { IncomingMessage, ServerResponse } from 'node:http';
import { CapacityManager } from './aws/capacity-manager.ts';
import { defaultFeed, type Feed } from './aws/feed.ts';
import { SecretsManager } from './aws/secrets-manager.ts';
import { CastAi } from './castai/castai.ts';
import {
  LoopbackServer,
  noService,
  readRequest,
  type SandboxRequest,
  type Service,
  send,
} from './http/exchange.ts';
import { EC2_PATH, FEED_PATH, ROUTES, type RouteRow, SECRETS_MANAGER_PATH } from './http/routes.ts';

/** The name of the secret that a run needs. */
export const SECRET_NAME = 'spot-blacklist/castai';

/** The default region of the cluster and the secret. */
export const DEFAULT_REGION = 'us-east-1';

/** What a sandbox consists of. */
export interface Services {
  readonly region: string;
  readonly castai: CastAi;
  readonly feed: Feed;
  readonly secrets: SecretsManager;
  readonly capacityManager: CapacityManager;
}

/** A local AWS (the feed's bucket, Secrets Manager, EC2) and a local CAST AI on one loopback port. */
export class PlainSandbox implements AsyncDisposable {
  readonly castai: CastAi;
  readonly feed: Feed;
  readonly secrets: SecretsManager;
  readonly capacityManager: CapacityManager;
  /** Every request received, oldest first. Empty it (`length = 0`) to watch what follows. */
  readonly requests: SandboxRequest[] = [];
  protected readonly routes: readonly RouteRow[] = ROUTES;
  readonly #region: string;
  readonly #server = new LoopbackServer((incoming, response) => this.#exchange(incoming, response));

  /** Use {@link startPlainSandbox}. */
  constructor({ region, castai, feed, secrets, capacityManager }: Services) {
    this.#region = region;
    this.castai = castai;
    this.feed = feed;
    this.secrets = secrets;
    this.capacityManager = capacityManager;
    this.putSecret();
  }

  /** Starts to listen. @throws {Error} Node's own, if the port is taken. */
  async listen(port?: number): Promise<void> {
    await this.#server.listen(port);
  }

  /** `http://127.0.0.1:PORT` */
  get url(): string {
    return this.#server.url;
  }

  /** The environment that points the function at this sandbox, without a run's other settings (`OS` ...). */
  get environment(): Record<string, string> {
    return {
      SECRET_ID: SECRET_NAME,
      CASTAI_API_URL: this.url,
      SPOT_ADVISOR_URL: `${this.url}${FEED_PATH}`,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `${this.url}${SECRETS_MANAGER_PATH}`,
      AWS_ENDPOINT_URL_EC2: `${this.url}${EC2_PATH}`,
      AWS_REGION: this.#region,
      AWS_ACCESS_KEY_ID: 'sandbox',
      AWS_SECRET_ACCESS_KEY: 'sandbox',
    };
  }

  /** Writes the secret for CAST AI's current state, with `changes` applied; `undefined` omits a key. */
  putSecret(changes: Readonly<Record<string, unknown>> = {}): void {
    const secret = {
      'api-key': this.castai.apiKey,
      'org-id': this.castai.organizationId,
      'cluster-id': this.castai.clusters[0]?.id,
      ...changes,
    };
    this.secrets.put(SECRET_NAME, JSON.stringify(secret));
  }

  /** Stops listening and destroys every connection, those that hang included. */
  async close(): Promise<void> {
    await this.#server.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #exchange(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const request = await readRequest(incoming, this.routes);
    this.requests.push(request);
    await this.respond(request, response);
    if (!response.headersSent) return;
    request.status = response.statusCode;
    request.answeredAt = Date.now();
  }

  protected async respond(request: SandboxRequest, response: ServerResponse): Promise<void> {
    await send(response, this.#serviceOf(request).answer(request));
  }

  #serviceOf({ route }: SandboxRequest): Service {
    switch (route) {
      case 'feed':
        return this.feed;
      case 'secret':
        return this.secrets;
      case 'evidence':
        return this.capacityManager;
      case undefined:
        return noService(this.routes);
      default:
        return this.castai;
    }
  }
}

/** Starts a sandbox on loopback, with the snapshot of February 2026 as its feed. */
export async function startPlainSandbox(region = DEFAULT_REGION): Promise<PlainSandbox> {
  const sandbox = new PlainSandbox({
    region,
    castai: new CastAi({ region, now: Date.now }),
    feed: await defaultFeed(),
    secrets: new SecretsManager(region),
    capacityManager: new CapacityManager(Date.now),
  });
  await sandbox.listen();
  return sandbox;
}

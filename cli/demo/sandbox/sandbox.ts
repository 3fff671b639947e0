import type { IncomingMessage, ServerResponse } from 'node:http';
import { CapacityManager } from './aws/capacity-manager.ts';
import { EventBridge } from './aws/event-bridge.ts';
import { DEFAULT_FEED_FILE, Feed } from './aws/feed.ts';
import { SecretsManager } from './aws/secrets-manager.ts';
import { Sqs } from './aws/sqs.ts';
import { CastAi } from './castai/castai.ts';
import type { CastAiSwitches } from './castai/castai-state.ts';
import { send } from './http/delivery.ts';
import {
  LoopbackServer,
  NO_SERVICE,
  readRequest,
  type SandboxRequest,
  type Service,
} from './http/exchange.ts';
import { EC2_PATH, EVENT_BRIDGE_PATH, FEED_PATH, SECRETS_MANAGER_PATH, SQS_PATH } from './http/routes.ts';

/** The name of the secret that a run needs. */
export const SECRET_NAME = 'spot-blacklist/castai';

export interface SandboxOptions {
  /** Where the cluster and the secret are. Default `us-east-1`. */
  readonly region?: string;
  /** The feed to serve, gzipped or not. Default: the snapshot of February 2026. */
  readonly feedFile?: string;
  /** How CAST AI behaves; see {@link CastAiSwitches}. */
  readonly castai?: Partial<CastAiSwitches>;
  /** The clock for the expiry of CAST AI's entries, in milliseconds since the epoch. */
  readonly now?: () => number;
  /** Default: any free port. */
  readonly port?: number;
}

/** A local AWS (the feed's bucket, Secrets Manager, EventBridge, SQS, EC2) and a local CAST AI on one loopback port. */
export class PlainSandbox implements AsyncDisposable {
  readonly castai: CastAi;
  readonly feed: Feed;
  readonly secrets: SecretsManager;
  readonly eventBridge = new EventBridge();
  readonly sqs = new Sqs();
  readonly capacityManager: CapacityManager;
  /** Every request received, oldest first. Empty it (`length = 0`) to watch what follows. */
  readonly requests: SandboxRequest[] = [];
  readonly #region: string;
  readonly #server = new LoopbackServer((incoming, response) => this.#exchange(incoming, response));

  /** Use {@link startPlainSandbox}. */
  constructor(feed: Feed, { region = 'us-east-1', castai = {}, now = Date.now }: SandboxOptions) {
    this.#region = region;
    this.feed = feed;
    this.castai = new CastAi({ region, now, feed: () => feed.document(), ...castai });
    this.secrets = new SecretsManager(region);
    this.capacityManager = new CapacityManager(now);
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

  /** The environment that points the function at this sandbox, without a run's other settings (`OS`, `EVENT_BUS` ...). */
  get environment(): Record<string, string> {
    return {
      SECRET_ID: SECRET_NAME,
      CASTAI_API_URL: this.url,
      SPOT_ADVISOR_URL: `${this.url}${FEED_PATH}`,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `${this.url}${SECRETS_MANAGER_PATH}`,
      AWS_ENDPOINT_URL_EVENTBRIDGE: `${this.url}${EVENT_BRIDGE_PATH}`,
      AWS_ENDPOINT_URL_SQS: `${this.url}${SQS_PATH}`,
      AWS_ENDPOINT_URL_EC2: `${this.url}${EC2_PATH}`,
      AWS_REGION: this.#region,
      AWS_ACCESS_KEY_ID: 'sandbox',
      AWS_SECRET_ACCESS_KEY: 'sandbox',
    };
  }

  /** What makes a function with a fleet's secret plan rounds, and not do the clusters itself. */
  get fanOut(): Record<string, string> {
    return { FAN_OUT_QUEUE_URL: this.sqs.queueUrl(`${this.url}${SQS_PATH}`) };
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
    const request = await readRequest(incoming);
    this.requests.push(request);
    await this.respond(this.#serviceOf(request), request, response);
    if (!response.headersSent) return;
    request.status = response.statusCode;
    request.answeredAt = Date.now();
  }

  protected async respond(
    service: Service,
    request: SandboxRequest,
    response: ServerResponse,
  ): Promise<void> {
    await send(service.answer(request))(response);
  }

  #serviceOf({ route }: SandboxRequest): Service {
    switch (route) {
      case undefined:
        return NO_SERVICE;
      case 'feed':
        return this.feed;
      case 'secret':
        return this.secrets;
      case 'event':
        return this.eventBridge;
      case 'queue':
        return this.sqs;
      case 'evidence':
        return this.capacityManager;
      default:
        return this.castai;
    }
  }
}

/**
 * Starts a sandbox on loopback.
 * @throws {FeedFileError} if the feed file cannot be served.
 * @throws {Error} Node's own, if the port is taken.
 */
export async function startPlainSandbox(options: SandboxOptions = {}): Promise<PlainSandbox> {
  return started(PlainSandbox, options);
}

/** {@link startPlainSandbox}, for a class that extends its sandbox. */
export async function started<S extends PlainSandbox>(
  Class: new (feed: Feed, options: SandboxOptions) => S,
  options: SandboxOptions,
): Promise<S> {
  const sandbox = new Class(await Feed.load(options.feedFile ?? DEFAULT_FEED_FILE), options);
  await sandbox.listen(options.port);
  return sandbox;
}

import type { ServerResponse } from 'node:http';
import { DEFAULT_FEED_FILE } from '../../cli/demo/sandbox/aws/feed.ts';
import { noService, type SandboxRequest } from '../../cli/demo/sandbox/http/exchange.ts';
import { DEFAULT_REGION, PlainSandbox, type Services } from '../../cli/demo/sandbox/sandbox.ts';
import { SwitchableCapacityManager } from './aws/capacity-manager.ts';
import { EventBridge } from './aws/event-bridge.ts';
import { FailingFeed, type FeedFile, readFeedFile } from './aws/feed.ts';
import { FailingSecretsManager } from './aws/secrets-manager.ts';
import { Sqs } from './aws/sqs.ts';
import { SwitchableCastAi } from './castai/castai.ts';
import type { CastAiSwitches } from './castai/switches.ts';
import { type FailingService, pause, prepareDelivery } from './http/delivery.ts';
import { Faults } from './http/faults.ts';
import { EVENT_BRIDGE_PATH, ROUTES, SQS_PATH } from './http/routes.ts';

export { SECRET_NAME } from '../../cli/demo/sandbox/sandbox.ts';

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

interface FailingServices extends Services {
  readonly castai: SwitchableCastAi;
  readonly feed: FailingFeed;
  readonly secrets: FailingSecretsManager;
  readonly capacityManager: SwitchableCapacityManager;
}

const NONE = noService(ROUTES);

/** The stand-in of the demonstration with EventBridge and SQS, where things go wrong if a test wants it. */
export class Sandbox extends PlainSandbox {
  override readonly castai: SwitchableCastAi;
  override readonly feed: FailingFeed;
  override readonly secrets: FailingSecretsManager;
  override readonly capacityManager: SwitchableCapacityManager;
  protected override readonly routes = ROUTES;
  readonly eventBridge = new EventBridge();
  readonly sqs = new Sqs();
  readonly faults = new Faults();

  /** Use {@link startSandbox}. */
  constructor(services: FailingServices) {
    super(services);
    this.castai = services.castai;
    this.feed = services.feed;
    this.secrets = services.secrets;
    this.capacityManager = services.capacityManager;
  }

  override get environment(): Record<string, string> {
    return {
      ...super.environment,
      AWS_ENDPOINT_URL_EVENTBRIDGE: `${this.url}${EVENT_BRIDGE_PATH}`,
      AWS_ENDPOINT_URL_SQS: `${this.url}${SQS_PATH}`,
    };
  }

  /** What makes a function with a fleet's secret plan rounds, and not do the clusters itself. */
  get fanOut(): Record<string, string> {
    return { FAN_OUT_QUEUE_URL: this.sqs.queueUrl(`${this.url}${SQS_PATH}`) };
  }

  protected override async respond(request: SandboxRequest, response: ServerResponse): Promise<void> {
    const { delayMs, fault } = this.faults.judge(request);
    const deliver = prepareDelivery(this.#serviceOf(request), request, fault);
    await pause(delayMs);
    // The caller may have given up during the delay.
    if (!response.destroyed) await deliver(response);
  }

  #serviceOf({ route }: SandboxRequest): FailingService {
    switch (route) {
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
      case undefined:
        // No rule of a fault names it.
        return { answer: NONE.answer, fail: NONE.answer };
      default:
        return this.castai;
    }
  }
}

let snapshot: Promise<FeedFile> | undefined;

/** Reads the default once: most sandboxes serve it. */
function readFeed(file: string): Promise<FeedFile> {
  if (file !== DEFAULT_FEED_FILE) return readFeedFile(file);
  snapshot ??= readFeedFile(file);
  return snapshot;
}

/**
 * Starts a sandbox on loopback.
 * @throws {FeedFileError} if the feed file cannot be served.
 * @throws {Error} Node's own, if the port is taken.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const {
    region = DEFAULT_REGION,
    feedFile = DEFAULT_FEED_FILE,
    castai = {},
    now = Date.now,
    port,
  } = options;
  const { body, date } = await readFeed(feedFile);
  const feed = new FailingFeed(body, date);
  const sandbox = new Sandbox({
    ...{ region, feed, secrets: new FailingSecretsManager(region) },
    castai: new SwitchableCastAi({ region, now, feed: () => feed.document(), ...castai }),
    capacityManager: new SwitchableCapacityManager(now),
  });
  await sandbox.listen(port);
  return sandbox;
}

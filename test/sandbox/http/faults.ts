import type { SandboxRequest } from '../../../cli/demo/sandbox/http/exchange.ts';
import type { Route } from './routes.ts';

/**
 * What goes wrong. "Takes effect" means that the sandbox carries out the request (an `add` really adds) although the
 * caller gets no valid response: the case in which a careless retry does something twice.
 */
export type Fault =
  /** Responds with this status. Takes no effect. Without a body: the service's own error format. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Responds correctly, but this much later. Takes effect at once. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** Never responds and keeps the socket open. Takes no effect. */
  | { readonly kind: 'hang' }
  /** Resets the connection (TCP RST) instead of responding. Takes no effect. */
  | { readonly kind: 'reset' }
  /** Announces the whole body by Content-Length, sends half and disconnects. Takes effect. */
  | { readonly kind: 'truncate' }
  /** Responds correctly, but the body trickles. Takes effect. */
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** Responds 200 with this instead of the real body. Takes no effect. */
  | { readonly kind: 'body'; readonly body: string | Buffer; readonly contentType?: string }
  /** Takes effect; then the connection is reset or, with a status, a gateway's error page is sent. */
  | { readonly kind: 'lost-answer'; readonly status?: number };

/** When something goes wrong, how often, and what. */
export interface FaultRule {
  readonly when: {
    readonly route: Route;
    /** Only requests that this accepts, e.g. `(request) => request.path.endsWith('/abc')`. */
    readonly matching?: (request: SandboxRequest) => boolean;
    /** Only the n-th (from 1) of the requests that `route` and `matching` select, or each of several. */
    readonly nth?: number | readonly number[];
  };
  /** How often the fault applies; default: always. */
  readonly times?: number;
  /** Called whenever the rule matches, before the fault. */
  readonly onStrike?: (request: SandboxRequest) => void;
  readonly fault: Fault;
}

/** What happens to one request: the delays of all matching rules, and the first real fault. */
export interface FaultVerdict {
  readonly delayMs: number;
  readonly fault?: Exclude<Fault, { kind: 'latency' }>;
}

interface RuleInUse {
  readonly rule: FaultRule;
  seen: number;
  struck: number;
}

/**
 * The active rules, in the order in which they were pushed. `latency` accumulates and continues with later rules; the
 * first matching rule of any other kind decides, and the rules after it do not see the request.
 */
export class Faults {
  /** Every response is delayed at least this much. */
  latencyMs = 0;
  #rules: RuleInUse[] = [];

  /** Activates rules; each counts from now on. */
  push(...rules: readonly FaultRule[]): void {
    this.#rules.push(...rules.map((rule) => ({ rule, seen: 0, struck: 0 })));
  }

  /** Removes all rules and the general latency. */
  clear(): void {
    this.#rules = [];
    this.latencyMs = 0;
  }

  /** Decides about one request. Counts it too, so call once per request. */
  judge(request: SandboxRequest): FaultVerdict {
    let delayMs = this.latencyMs;
    for (const inUse of this.#rules) {
      if (!strikes(inUse, request)) continue;
      const { fault } = inUse.rule;
      if (fault.kind !== 'latency') return { delayMs, fault };
      delayMs += fault.ms;
    }
    return { delayMs };
  }
}

function strikes(inUse: RuleInUse, request: SandboxRequest): boolean {
  const { when, times = Number.POSITIVE_INFINITY } = inUse.rule;
  if (when.route !== request.route || when.matching?.(request) === false) return false;
  inUse.seen += 1;
  const due = when.nth === undefined || [when.nth].flat().includes(inUse.seen);
  if (!due || inUse.struck >= times) return false;
  inUse.struck += 1;
  inUse.rule.onStrike?.(request);
  return true;
}

/** For `matching`: requests that write or name this instance type. */
export function aboutType(instanceType: string): (request: SandboxRequest) => boolean {
  return ({ body }) =>
    typeof body === 'object' && body !== null && 'instanceType' in body && body.instanceType === instanceType;
}

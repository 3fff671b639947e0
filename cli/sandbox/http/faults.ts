import type { SandboxRequest } from './exchange.ts';
import type { Route } from './routes.ts';

/**
 * What goes wrong. "Takes effect" says whether the stand-in handles the request (an `add` really adds) although
 * the caller gets no good answer: the case in which a careless retry does something twice.
 */
export type Fault =
  /** Answers with this status. Takes no effect. Without a body: the service's own error form. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Answers well, but this much later. Takes effect at once. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** Never answers and keeps the socket open. Takes no effect. */
  | { readonly kind: 'hang' }
  /** Resets the connection (TCP RST) in place of an answer. Takes no effect. */
  | { readonly kind: 'reset' }
  /** Promises the whole body by Content-Length, sends half and hangs up. Takes effect. */
  | { readonly kind: 'truncate' }
  /** Answers well, but the body trickles. Takes effect. */
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** Answers 200 with this in place of the real body. Takes no effect. */
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
  /** How often the fault strikes; left out: always. */
  readonly times?: number;
  /** What else happens at that moment: is called whenever the rule matches, before the fault. */
  readonly onStrike?: (request: SandboxRequest) => void;
  readonly fault: Fault;
}

/** What is to happen to one request: the delays of all rules that match, and the first real fault. */
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
 * The rules in force, in the order in which they were pushed. `latency` adds up and lets later rules speak; the
 * first rule of any other kind that strikes decides, and the rules after it do not see the request.
 */
export class Faults {
  /** Every answer leaves at least this much later. */
  latencyMs = 0;
  #rules: RuleInUse[] = [];

  /** Puts rules into force; each counts from now on. */
  push(...rules: readonly FaultRule[]): void {
    this.#rules.push(...rules.map((rule) => ({ rule, seen: 0, struck: 0 })));
  }

  /** Lifts all rules and the general latency. */
  clear(): void {
    this.#rules = [];
    this.latencyMs = 0;
  }

  /** Judges one request. Counting is part of judging, so ask once per request. */
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

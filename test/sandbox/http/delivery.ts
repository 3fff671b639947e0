import { channel } from 'node:diagnostics_channel';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Answer,
  finished,
  type SandboxRequest,
  send,
  setHead,
  textAnswer,
} from '../../../cli/demo/sandbox/http/exchange.ts';
import type { FaultVerdict } from './faults.ts';

/** The interval between pieces of a trickling body, in milliseconds: short enough for a slow connection. */
const TRICKLE_INTERVAL_MS = 100;

/** A request that a service answered, before any fault is applied. */
export interface Exchange {
  readonly request: SandboxRequest;
  readonly answer: Answer;
}

/** The diagnostics channel that every {@link Exchange} is published on, for tests to judge. */
export const EXCHANGES = 'spot-blacklist:sandbox';

/** A service that can fail. */
export interface FailingService {
  /** Carries out `request` and returns the real service's response. */
  answer(request: SandboxRequest): Answer;
  /** Does nothing and returns the real service's error response with this status. */
  fail(request: SandboxRequest, status: number): Answer;
}

/** Delivers a response, or part of it, to the caller. */
export type Delivery = (response: ServerResponse) => Promise<void> | void;

/** Lets `request` take effect, unless the fault prevents it, and returns how to respond. */
export function prepareDelivery(
  service: FailingService,
  request: SandboxRequest,
  fault: FaultVerdict['fault'],
): Delivery {
  switch (fault?.kind) {
    case undefined:
      return sendWhole(answerOf(service, request));
    case 'hang':
      return () => {};
    case 'reset':
      return reset;
    case 'status': {
      const failure = service.fail(request, fault.status);
      const body = fault.body === undefined ? failure.body : Buffer.from(fault.body);
      return sendWhole({ ...failure, headers: { ...failure.headers, ...fault.headers }, body });
    }
    case 'body':
      return sendWhole(textAnswer(200, fault.contentType ?? 'text/html', fault.body));
    case 'truncate':
      return sendTruncated(answerOf(service, request));
    case 'slow':
      return sendSlowly(answerOf(service, request), fault.bytesPerSecond);
    case 'lost-answer':
      answerOf(service, request);
      return fault.status === undefined ? reset : sendWhole(gatewayError(fault.status));
  }
}

function answerOf(service: FailingService, request: SandboxRequest): Answer {
  const answer = service.answer(request);
  channel(EXCHANGES).publish({ request, answer });
  return answer;
}

/** Waits without keeping the process alive: a closed sandbox must not delay its exit. */
export async function pause(ms: number): Promise<void> {
  if (ms > 0) await sleep(ms, undefined, { ref: false });
}

function sendWhole(answer: Answer): Delivery {
  return (response) => send(response, answer);
}

/** Announces the whole body, sends half of it and disconnects. */
function sendTruncated(answer: Answer): Delivery {
  return async (response) => {
    setHead(response, answer);
    const half = answer.body.subarray(0, answer.body.length / 2);
    await finished(response, () => response.write(half, () => response.destroy()));
  };
}

/** Sends the body at this pace, until its end or until the caller disconnects. */
function sendSlowly(answer: Answer, bytesPerSecond: number): Delivery {
  const piece = Math.max(1, Math.round((bytesPerSecond * TRICKLE_INTERVAL_MS) / 1000));
  return async (response) => {
    setHead(response, answer);
    for (let sent = 0; sent < answer.body.length && !response.destroyed; sent += piece) {
      response.write(answer.body.subarray(sent, sent + piece));
      await pause((piece / bytesPerSecond) * 1000);
    }
    await finished(response, () => response.end());
  };
}

/** Ends the connection with a TCP reset: the caller gets ECONNRESET. */
function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

/** A load balancer's response when its backend times out: HTML. */
function gatewayError(status: number): Answer {
  const body = `<html><head><title>${status}</title></head><body><center>nginx</center></body></html>`;
  return textAnswer(status, 'text/html', body);
}

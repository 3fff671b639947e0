// What AWS's services with the protocol AWS JSON 1.1 have in common.
import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { type Answer, jsonAnswer, type SandboxRequest } from '../http/exchange.ts';

/** The SDK signs with whatever credentials it finds; no signature means that it found none. */
export function isSigned({ headers }: SandboxRequest): boolean {
  return headers['authorization']?.startsWith('AWS4-HMAC-SHA256 ') === true;
}

/** The response to a rejected request, with the reason. */
export function refusal(type: string, message: string): Answer {
  return awsJson(400, { __type: type, Message: message });
}

/** The response to a request that its service's model rules out. */
export function invalid(issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): Answer {
  return refusal(
    'ValidationException',
    `${issues.length} validation errors detected: ${v.summarize([...issues])}`,
  );
}

export function awsJson(status: number, body: unknown): Answer {
  return jsonAnswer(status, body, {
    'content-type': 'application/x-amz-json-1.1',
    'x-amzn-requestid': randomUUID(),
  });
}

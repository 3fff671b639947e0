import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import { type Answer, jsonAnswer, type SandboxRequest, textAnswer } from '../http/exchange.ts';

// What AWS's services with the protocol AWS JSON 1.1 have in common.

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

// What the actions of EC2 have in common: the EC2 query protocol, a form in and XML out.

export type Form = URLSearchParams;

export function formOf({ text }: SandboxRequest): Form {
  return new URLSearchParams(text);
}

/** The items `NAME.1`, `NAME.2` ... of a form. */
export function listIn(form: Form, name: string): string[] {
  const items: string[] = [];
  for (let item = form.get(`${name}.1`); item !== null; item = form.get(`${name}.${items.length + 1}`))
    items.push(item);
  return items;
}

/** @param content XML */
export function ec2Answer(action: string, content: string): Answer {
  const namespace = 'http://ec2.amazonaws.com/doc/2016-11-15/';
  return xml(
    200,
    `<${action}Response xmlns="${namespace}"><requestId>${randomUUID()}</requestId>${content}</${action}Response>`,
  );
}

export function ec2Failure(status: number, code: string, message: string): Answer {
  return xml(
    status,
    `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>${randomUUID()}</RequestID></Response>`,
  );
}

function xml(status: number, content: string): Answer {
  return textAnswer(status, 'text/xml;charset=UTF-8', `<?xml version="1.0" encoding="UTF-8"?>\n${content}`);
}

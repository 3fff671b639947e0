// What the actions of EC2 have in common: the EC2 query protocol, a form in and XML out.
import { randomUUID } from 'node:crypto';
import { type Answer, type SandboxRequest, textAnswer } from '../http/exchange.ts';

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

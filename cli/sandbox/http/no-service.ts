import { randomUUID } from 'node:crypto';
import { type Answer, jsonAnswer, type SandboxRequest, type Service } from './exchange.ts';
import { methodOf } from './routes.ts';

/** Handles requests to no known service: 405 if only the method is wrong, else 404. */
export const NO_SERVICE: Service = {
  answer({ path }: SandboxRequest): Answer {
    const allow = methodOf(path);
    return allow === undefined ? refuse(404, 'not found') : refuse(405, 'method not allowed', { allow });
  },
  fail: (_request, status) => refuse(status, 'a fault of the sandbox'),
};

/** In CAST AI's format: its paths are the ones that a client could get wrong. */
function refuse(status: number, message: string, headers: Record<string, string> = {}): Answer {
  const body = { message, fieldViolations: [] };
  return jsonAnswer(status, body, { 'x-castai-request-id': randomUUID(), ...headers });
}

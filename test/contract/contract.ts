import type { SandboxRequest } from '../../cli/demo/sandbox/http/exchange.ts';
import type { Exchange } from '../sandbox/http/delivery.ts';
import { awsOperation } from './aws.ts';
import { castAiOperation } from './castai.ts';
import type { Operation } from './operation.ts';

const AWS = new Set(['secret', 'event', 'queue', 'evidence']);

/** @returns what a vendor publishes of a request; undefined if it knows no such request */
export function operationOf(request: SandboxRequest): Operation | undefined {
  return AWS.has(request.route ?? '') ? awsOperation(request) : castAiOperation(request);
}

/**
 * Holds what was asked of the sandbox, and what it answered, against what the vendors publish. A request that their types rule
 * out must be refused; an answer must have the published structure.
 *
 * @returns what is wrong, one text for each fault
 */
export function violationsIn({ request, answer }: Exchange): string[] {
  const { route, method, path } = request;
  if (route === undefined || route === 'feed') return [];
  const operation = operationOf(request);
  const isRefusal = answer.status >= 400;
  const asked = operation?.request(request) ?? ['there is no such operation'];
  return [
    ...(isRefusal ? [] : asked.map((fault) => `accepted, although: ${fault}`)),
    ...(operation?.answer(answer.body.toString(), isRefusal).map((fault) => `answered: ${fault}`) ?? []),
  ].map((fault) => `${method} ${path} ${fault}`);
}

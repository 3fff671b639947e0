import type { SandboxRequest } from '../../cli/demo/sandbox/http/exchange.ts';
import contract from './castai.json' with { type: 'json' };
import type { Operation } from './operation.ts';
import { compile, compileTexts, define } from './schema.ts';

interface Described {
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly schema: object }[];
  readonly requestBody?: Content;
  readonly responses: { readonly 200: Content };
}

interface Content {
  readonly content: { readonly 'application/json': { readonly schema: object } };
}

define('castai', contract);

const compiled = ({ content }: Content) => compile(content['application/json'].schema, 'castai');
const refusal = compile({ $ref: '#/components/schemas/Error' }, 'castai');

function operationOf({ parameters = [], requestBody, responses }: Described): Operation {
  const inQuery = parameters.filter((one) => one.in === 'query').map(({ name, schema }) => [name, schema]);
  const query = compileTexts({ type: 'object', properties: Object.fromEntries(inQuery) });
  const body = requestBody && compiled(requestBody);
  const answer = compiled(responses[200]);
  return {
    request: (request) => [...query(request.query), ...(body?.(request.body) ?? [])],
    answer: (text, isRefusal) => (isRefusal ? refusal : answer)(JSON.parse(text)),
  };
}

const operations = Object.entries(contract.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, described]: [string, Described]) => ({
    method: method.toUpperCase(),
    path: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
    operation: operationOf(described),
  })),
);

/** @returns the operation of CAST AI's API that a request asks for; undefined if there is none */
export function castAiOperation({
  method,
  path,
}: Pick<SandboxRequest, 'method' | 'path'>): Operation | undefined {
  return operations.find((one) => one.method === method && one.path.test(path))?.operation;
}

// What `--serve` prints. Pure: facts in, text out.
import { FUNCTION_NAME, type Invocation } from '../../../cli/sandbox/function/function.ts';
import type { FunctionErrorPayload } from '../../../cli/sandbox/function/function-messages.ts';
import { summarizeRun } from './run-result.ts';
import { plural } from './words.ts';

export interface Served {
  readonly region: string;
  readonly os: string;
  readonly threshold: string;
  /** For people. */
  readonly feedName: string;
  readonly endpointUrl: string;
  readonly castaiUrl: string;
  readonly castaiKey: string;
}

/** @param environment tells whether a proxy would come between the AWS CLI and this machine. */
export function instructions(
  served: Served,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const { region, os, threshold, feedName, endpointUrl, castaiUrl, castaiKey } = served;
  const direct = aroundProxy(environment);
  // The CLI refuses to go without a region and credentials; nobody checks the latter here.
  const invoke =
    `${direct}AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox aws lambda invoke ` +
    `--endpoint-url ${endpointUrl} --region ${region} --function-name ${FUNCTION_NAME}`;
  return `The function waits to be invoked, for ${region}, ${os}, threshold ${threshold}. ${feedName}. Ctrl-C ends it.

# What would it do? With the AWS CLI v2:
${invoke} --cli-binary-format raw-in-base64-out --payload '{"dryRun":true}' out.json

# With the AWS CLI v1, which does not know --cli-binary-format and does not need it:
${invoke} --payload '{"dryRun":true}' out.json

# What it decided. (Where the function fails, the CLI shows FunctionError, exits with 0 all the same, and out.json
# holds the error.)
jq '.clusters[0].actions' out.json

# The same with --payload '{}' blacklists, in the sandbox. What is blacklisted there now:
${direct}curl -H 'X-API-Key: ${castaiKey}' ${castaiUrl}/v1/inventory/blacklist
`;
}

/** Returns what goes before a command, so that it speaks to this machine and not to a proxy. */
function aroundProxy({
  http_proxy,
  HTTP_PROXY,
  no_proxy,
  NO_PROXY,
}: Parameters<typeof instructions>[1]): string {
  if (!(http_proxy || HTTP_PROXY) || (no_proxy ?? NO_PROXY)?.includes('127.0.0.1')) return '';
  // curl and the AWS CLI look at the lower-case name first.
  return no_proxy === undefined ? 'NO_PROXY=127.0.0.1 ' : 'no_proxy=127.0.0.1 ';
}

/** Returns one line about an invocation that is over, and what CAST AI saw of it. */
export function invocationLine(
  { functionError, payload, milliseconds }: Invocation,
  { reads, writes }: { readonly reads: number; readonly writes: number },
  explain: (failure: FunctionErrorPayload) => string,
): string {
  const outcome = functionError === undefined ? summarizeRun(payload) : `failed with ${explain(payload)}`;
  return `${outcome} [${milliseconds} ms; CAST AI saw ${plural(reads, 'read')}, ${plural(writes, 'write')}]`;
}

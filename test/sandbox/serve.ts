import { countCastAiRequests } from './demonstration.ts';
import { FUNCTION_NAME, type Invocation, type LocalFunction } from './function.ts';
import { startInvokeEndpoint } from './invoke-endpoint.ts';
import type { Sandbox } from './sandbox.ts';

/**
 * Puts Lambda's Invoke API in front of the function, says how to use it, and tells of every invocation. Resolves
 * when the process is asked to end (SIGINT, SIGTERM).
 */
export async function serve(
  localFunction: LocalFunction,
  sandbox: Sandbox,
  print: (text: string) => void,
): Promise<void> {
  let seenBefore = 0;
  const onInvocation = (invocation: Invocation) => {
    const { reads, writes } = countCastAiRequests(sandbox.requests.slice(seenBefore));
    seenBefore = sandbox.requests.length;
    print(
      `${new Date().toLocaleTimeString('en-GB')} ${outcome(invocation)}; CAST AI saw ${reads} reads, ${writes} writes`,
    );
  };
  await using endpoint = await startInvokeEndpoint(localFunction, { onInvocation });
  print(instructions(endpoint.url, sandbox));
  await terminationRequest();
  print('Stopped.');
}

function outcome({ functionError, payload, milliseconds }: Invocation): string {
  return functionError === undefined
    ? `done in ${milliseconds} ms`
    : `failed after ${milliseconds} ms with ${payload.errorType}: ${payload.errorMessage}`;
}

function instructions(endpointUrl: string, { url, castai }: Sandbox): string {
  // The CLI refuses to go without a region and credentials; nobody checks them here.
  const invoke =
    'AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox aws lambda invoke ' +
    `--endpoint-url ${endpointUrl} --region us-east-1 --function-name ${FUNCTION_NAME}`;
  return `The function waits to be invoked. Ctrl-C ends it.

# What would it do? With the AWS CLI v2:
${invoke} --cli-binary-format raw-in-base64-out --payload '{"dryRun":true}' out.json

# With the AWS CLI v1, which does not know --cli-binary-format and does not need it:
${invoke} --payload '{"dryRun":true}' out.json

# The same with --payload '{}' blacklists, in the sandbox. What is blacklisted there now:
curl -H 'X-API-Key: ${castai.apiKey}' ${url}/v1/inventory/blacklist
`;
}

async function terminationRequest(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve());
  await promise;
}

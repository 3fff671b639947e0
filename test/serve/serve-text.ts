// What `--serve` shows. Pure: facts in, text out.

import type { StandIn } from '../../cli/demo/stand-in.ts';
import { viewActions } from '../../cli/views/plan-view.ts';
import { readResult, type ShownResult } from '../../cli/views/read-result.ts';
import { plainName, plainText } from '../../lambda/input/plain-text.ts';
import { FUNCTION_NAME, type Invocation } from '../sandbox/function/function.ts';

/** @param environment the user's: tells whether a proxy would come between a command and this machine */
export function instructions(
  standIn: StandIn,
  endpointUrl: string,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  const { sandbox, settings, feedName } = standIn;
  const { OS, INTERRUPTION_THRESHOLD } = standIn.environment;
  const direct = aroundProxy(environment);
  // The AWS CLI insists on a region and credentials; the latter are not checked here.
  const invoke =
    `${direct}AWS_ACCESS_KEY_ID=sandbox AWS_SECRET_ACCESS_KEY=sandbox aws lambda invoke ` +
    `--endpoint-url ${endpointUrl} --region ${settings.region} --function-name ${FUNCTION_NAME} ` +
    '--payload fileb:///dev/stdin out.json';
  return `The function waits to be invoked, for ${settings.region}, ${OS}, tolerating ${INTERRUPTION_THRESHOLD}%. ${feedName}. Ctrl-C ends it.

# First, in another terminal. (From standard input, versions 1 and 2 of the AWS CLI take the payload as it is.)
${exports(standIn)}
invoke() { ${invoke}; }

# What would the function do?
echo '{"dryRun":true}' | invoke

# What it decided. (Where the function fails, the CLI shows FunctionError, exits with 0 all the same, and out.json
# holds the error.)
jq '.clusters[0].actions' out.json

# What would it do at another threshold?
echo '{"dryRun":true,"interruptionThreshold":10}' | invoke

# How does CAST AI behave? (Before a live run: afterwards, every type that a probe writes is blacklisted.)
npm run -s spot-blacklist -- probe

# Blacklist, in the sandbox.
echo '{}' | invoke

# What is blacklisted there now?
${direct}curl -H 'X-API-Key: ${sandbox.castai.apiKey}' ${sandbox.url}/v1/inventory/blacklist

# Remove it again.
echo '{"operation":"clear"}' | invoke

# The same from the command line: apply and clear ask first.
npm run -s spot-blacklist -- plan
`;
}

/** @returns what a shell needs to point the command line at the stand-in, one variable per line */
function exports({ sandbox: { castai }, environment }: StandIn): string {
  const variables = {
    CASTAI_API_URL: environment['CASTAI_API_URL'],
    // Without it, AWS's own feed is meant.
    SPOT_ADVISOR_URL: environment['SPOT_ADVISOR_URL'],
    API_KEY: castai.apiKey,
    ORG_ID: castai.organizationId,
    CLUSTER_ID: castai.clusters[0]?.id,
    OS: environment['OS'],
    INTERRUPTION_THRESHOLD: environment['INTERRUPTION_THRESHOLD'],
    BATCH_PAUSE: '0',
  };
  return Object.entries(variables)
    .flatMap(([name, value]) => (value === undefined ? [] : `export ${name}=${quoted(value)}`))
    .join('\n');
}

function quoted(value: string): string {
  return /^[\w./:@-]+$/.test(value) ? value : `'${value.replaceAll("'", `'\\''`)}'`;
}

/** @returns what precedes a command, so that it reaches this machine and not a proxy */
function aroundProxy({
  http_proxy,
  HTTP_PROXY,
  no_proxy,
  NO_PROXY,
}: Parameters<typeof instructions>[2]): string {
  const isProxied = Boolean(http_proxy || HTTP_PROXY) && !(no_proxy ?? NO_PROXY)?.includes('127.0.0.1');
  // curl and the AWS CLI look at the lower-case name first.
  return isProxied ? 'no_proxy=127.0.0.1 ' : '';
}

/** @returns one line about an invocation that is over, and the requests that CAST AI saw of it */
export function invocationLine(
  { functionError, payload, milliseconds }: Invocation,
  { reads, writes }: { readonly reads: number; readonly writes: number },
): string {
  const outcome =
    functionError === undefined
      ? viewOutcome(readResult(payload).result)
      : `failed with ${plainName(payload.errorType)}: ${plainText(payload.errorMessage)}`;
  return `${outcome} [${milliseconds} ms; CAST AI saw ${plural(reads, 'read')}, ${plural(writes, 'write')}]`;
}

function viewOutcome(result: ShownResult | null): string {
  if (result === null) return 'done';
  const { dryRun, clusters } = result;
  const confirmed = clusters.reduce((sum, { outcome }) => sum + (outcome.verified ?? 0), 0);
  const decided = clusters.map(({ actions }) => viewActions(actions)).join('; ');
  return `${dryRun ? 'dry run: ' : ''}${decided}${confirmed > 0 ? `, ${confirmed} confirmed` : ''}`;
}

function plural(value: number, noun: string): string {
  return `${value === 0 ? 'no' : value} ${noun}${value === 1 ? '' : 's'}`;
}

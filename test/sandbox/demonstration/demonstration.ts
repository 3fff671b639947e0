import type { LocalFunction } from '../../../cli/sandbox/function/function.ts';
import type { FunctionErrorPayload } from '../../../cli/sandbox/function/function-messages.ts';
import type { Sandbox } from '../../../cli/sandbox/sandbox.ts';
import { parseRunResult, type RunResult } from './run-result.ts';

/** What one run of the function did, and what CAST AI saw of it. */
export interface RunReport {
  readonly name: string;
  readonly result: RunResult;
  readonly reads: number;
  readonly writes: number;
  readonly milliseconds: number;
}

/** The three runs that show what the function is for. */
export interface Demonstration {
  readonly dryRun: RunReport;
  readonly firstRun: RunReport;
  readonly secondRun: RunReport;
}

/**
 * Runs the function three times: dry, live, and live again, when there is nothing left to do.
 * @param explain words an error of the function for people
 * @throws {Error} with those words, if a run fails.
 */
export async function demonstrate(
  localFunction: LocalFunction,
  sandbox: Sandbox,
  explain: (failure: FunctionErrorPayload) => string,
): Promise<Demonstration> {
  const run = async (name: string, payload: object): Promise<RunReport> => {
    const seenBefore = sandbox.requests.length;
    const invocation = await localFunction.invoke(payload);
    if (invocation.functionError !== undefined)
      throw new Error(`The ${name} failed. ${explain(invocation.payload)}`);
    const { reads, writes } = countCastAiRequests(sandbox.requests.slice(seenBefore));
    const { milliseconds } = invocation;
    return { name, result: parseRunResult(invocation.payload), reads, writes, milliseconds };
  };
  return {
    dryRun: await run('dry run', { dryRun: true }),
    firstRun: await run('first run', {}),
    secondRun: await run('second run', {}),
  };
}

/** Returns how many of `requests` asked CAST AI for something and how many changed something there. */
export function countCastAiRequests(requests: Sandbox['requests']): { reads: number; writes: number } {
  const routes = requests.map(({ route }) => route);
  return {
    reads: routes.filter((route) => route === 'list' || route === 'cluster' || route === 'clusters').length,
    writes: routes.filter((route) => route === 'add' || route === 'remove').length,
  };
}

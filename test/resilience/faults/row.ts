import { setTimeout as pause } from 'node:timers/promises';
import type { BlacklistEntry } from '../../../cli/demo/sandbox/castai/castai.ts';
import { logError, logLine } from '../../../lambda/report/fit.ts';
import { type Invocation, type LocalFunction, startFunction } from '../../sandbox/function/function.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import { BUNDLE, FLEET_BUNDLE, logLines } from '../../support/deployment.ts';
import { FLEET, type RunHere, runHere, writesSeenBy } from '../../support/run-here.ts';
import { type Kind, kindOf } from './kinds.ts';
import { isForCluster, type Point, pointOf } from './points.ts';
import {
  CALM_TYPE,
  calmTypes,
  coveredTypes,
  foreignEntries,
  openTypes,
  startSituation,
} from './situation.ts';

/** A run's time limit, in milliseconds. */
export const TIMEOUT = 60_000;
/** The same without responses: less than all attempts of one request, so that the run must end by itself. */
const SHORT_TIMEOUT = 45_000;

export const timeoutOf = (kind: Kind): number => (kind === 'hang' ? SHORT_TIMEOUT : TIMEOUT);

/** A run's outcome, seen from outside. */
interface End {
  /** Null if it completed. */
  readonly error: { readonly name: string; readonly code: string; readonly message: string } | null;
  /** All that was returned, thrown and logged. */
  readonly shown: string;
}

/** What a run left behind. */
interface Left {
  /** Risky types that can be bought. */
  readonly open: readonly string[];
  /** Types that are no longer risky, but have an entry of this target. */
  readonly calm: readonly string[];
  readonly foreign: readonly BlacklistEntry[];
}

/** The outcome of one fault, and of the run after it. */
export interface RowOutcome extends End, Left {
  readonly milliseconds: number;
  readonly writes: number;
  /** Risky types that were covered before the run, and no longer are. */
  readonly uncovered: readonly string[];
  readonly foreignBefore: readonly BlacklistEntry[];
  readonly apiKey: string;
  /** How the next run ended, when the fault was over, and what it left. */
  readonly next: Left & { readonly error: End['error'] };
}

/** One run with the fault, and one without it, on a sandbox of its own. */
export async function playRow(point: Point, kind: Kind): Promise<RowOutcome> {
  await using sandbox = await startSituation(point);
  const foreignBefore = foreignEntries(sandbox);
  const covered = coveredTypes(sandbox);
  const run = runnerOf(point);
  pushFault(sandbox, point, kind);
  const started = performance.now();
  const end = await run(sandbox, timeoutOf(kind));
  const milliseconds = performance.now() - started;
  const stillCovered = coveredTypes(sandbox);
  const outcome = {
    ...end,
    ...leftIn(sandbox),
    milliseconds,
    writes: writesSeenBy(sandbox).length,
    uncovered: covered.filter((type) => !stillCovered.includes(type)),
    foreignBefore,
    apiKey: sandbox.castai.apiKey,
  };
  sandbox.faults.clear();
  // At any port: by now its old one may belong to another process, and every run reads the address again.
  if (kindOf(kind).fault === 'gone') await sandbox.listen();
  const { error } = await run(sandbox, TIMEOUT);
  return { ...outcome, next: { error, ...leftIn(sandbox) } };
}

function leftIn(sandbox: Sandbox): Left {
  return { open: openTypes(sandbox), calm: calmTypes(sandbox), foreign: foreignEntries(sandbox) };
}

function pushFault(sandbox: Sandbox, point: Point, kind: Kind): void {
  const { fault, times } = kindOf(kind);
  const { when, takesEffect, isOptional } = pointOf(point);
  sandbox.faults.push({
    when: when(sandbox),
    ...(times !== undefined && { times }),
    onStrike(request) {
      if (takesEffect) sandbox.castai.answer(request);
      // The caller's connection is reset, and every later one is refused.
      if (fault === 'gone') void (isOptional ? closeAfterList(sandbox) : sandbox.close());
    },
    fault: fault === 'gone' ? { kind: 'hang' } : fault,
  });
}

/** What is read at the same time as the list is struck alone. */
async function closeAfterList(sandbox: Sandbox): Promise<void> {
  const isListed = () =>
    sandbox.requests.some((one) => one.route === 'list' && isForCluster(one) && one.answeredAt !== undefined);
  while (!isListed()) await pause(10);
  await sandbox.close();
}

type Run = (sandbox: Sandbox, timeout: number) => Promise<End>;

/** Whether a run is struck only as a whole function: where it asks AWS, whose SDK takes its settings from the environment. */
export function hasOwnProcess(point: Point): boolean {
  return ['secret', 'evidence', 'evidence status', 'queue', 'event'].includes(point);
}

/** Only what reads the secret, a fleet or own evidence, or releases, is struck by its faults. */
function runnerOf(point: Point): Run {
  switch (point) {
    case 'secret':
      return runBundle({});
    case 'evidence':
    case 'evidence status':
      return runBundle({ OWN_EVIDENCE: 'decide' });
    case 'event':
      return runBundle({ EVENT_BUS: 'default' });
    case 'queue':
      return runRound;
    case 'fleet':
      return runInProcess({ secret: FLEET });
    case 'release':
      return runInProcess({ settings: { releaseCalm: true } });
    case 'urgent release':
      return runInProcess({ settings: { neverBlacklist: CALM_TYPE } });
    default:
      return runInProcess({});
  }
}

/** The function's own parts in this process: many at a time. */
const runInProcess =
  (options: RunHere): Run =>
  async (sandbox, timeout) => {
    const outcome = await runHere(sandbox, { ...options, timeout }).catch((error) => ({
      result: null,
      error,
    }));
    const { result, error } = outcome;
    const line = result === null ? {} : logLine(result);
    return {
      error: error === null ? null : { name: error.name, code: error.code, message: error.message },
      shown: JSON.stringify([result, line, error === null ? null : [{ ...error }, logError(error)]]),
    };
  };

/** @param timeout milliseconds */
export function startBundle(
  sandbox: Sandbox,
  timeout = TIMEOUT,
  more: Readonly<Record<string, string>> = {},
  bundle = BUNDLE,
): Promise<LocalFunction> {
  const policy = { OS: 'Linux', INTERRUPTION_THRESHOLD: '20', BATCH_PAUSE: '0' };
  const environment = { ...sandbox.environment, ...policy, ...more };
  return startFunction({ bundle, environment, timeoutSeconds: timeout / 1000 });
}

/** The bundle in a process of its own: what reads the secret takes its settings from the environment. */
const runBundle =
  (environment: Readonly<Record<string, string>>): Run =>
  async (sandbox, timeout) => {
    await using localFunction = await startBundle(sandbox, timeout, environment);
    return endOf(await localFunction.invoke());
  };

/** The planner, and if it completes, all jobs that wait: they must not fail. */
const runRound: Run = async (sandbox, timeout) => {
  sandbox.putSecret(FLEET);
  await using localFunction = await startBundle(sandbox, timeout, sandbox.fanOut);
  const end = endOf(await localFunction.invoke());
  if (end.error !== null) return end;
  const shown = [end.shown];
  await using jobs = await startBundle(sandbox, timeout, sandbox.fanOut, FLEET_BUNDLE);
  for (let job = sandbox.sqs.deliver(); job !== undefined; job = sandbox.sqs.deliver()) {
    const invocation = await jobs.invoke(job);
    shown.push(endOf(invocation).shown);
    if (JSON.stringify(invocation.payload) !== '{"job":"completed"}')
      throw new Error(`A job failed: ${invocation.log}`);
  }
  return { error: null, shown: shown.join('\n') };
};

function endOf({ functionError, payload, log }: Invocation): End {
  const shown = JSON.stringify([payload, log]);
  if (functionError === undefined) return { error: null, shown };
  const logged = logLines(log).at(-1)?.['error'] as { code?: string } | undefined;
  const { errorType: name, errorMessage: message } = payload;
  return { error: { name, code: logged?.code ?? 'none', message }, shown };
}

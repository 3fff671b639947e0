import { countCastAiRequests } from '../sandbox/demonstration/demonstration.ts';
import type { SandboxRequest } from '../sandbox/http/exchange.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import { deploy } from '../support.ts';
import { type Measurement, rounded } from './measurement.ts';
import { addOneByOne } from './one-by-one.ts';

/** What every answer takes, in milliseconds. */
const ANSWER_TIME = 50;
const BATCH_SIZE = 10;
/** None, and the default of 5 seconds scaled down, in seconds. */
const PAUSES = [0, 0.2];

/** The first run on an empty blacklist, against adding one type after the other, and against what is possible. */
export async function measureFirstRun(): Promise<Measurement> {
  const rows: Measurement['rows'][number][] = [];
  for (const pause of PAUSES) {
    const ours = await reconciled(pause);
    const theirs = await oneByOne(pause);
    rows.push({
      'pause s': pause,
      writes: ours.writes,
      'answer ms': rounded(ours.answerTime, 1),
      'bound s': seconds(ours.bound),
      'run s': seconds(ours.time),
      'above the bound': `${rounded((ours.time / ours.bound - 1) * 100, 1)} %`,
      'one by one s': seconds(theirs),
      'times faster': rounded(theirs / ours.time, 1),
    });
  }
  return {
    title: `First run, ${ANSWER_TIME} ms answer time, batches of ${BATCH_SIZE}`,
    aim: 'Within 5 % of the bound that pace and answer time set',
    rows,
  };
}

async function reconciled(pause: number) {
  await using deployment = await deploy({ environment: { BATCH_SIZE: String(BATCH_SIZE) } });
  const { sandbox } = deployment;
  // The process is warm: Lambda's cold start is a figure of its own.
  await deployment.succeed({ dryRun: true });
  sandbox.requests.length = 0;
  sandbox.faults.latencyMs = ANSWER_TIME;
  const { milliseconds: time, functionError } = await deployment.invoke({ batchPause: pause });
  if (functionError !== undefined) throw new Error('The run failed.');
  const { writes } = countCastAiRequests(sandbox.requests);
  const answerTime = meanAnswerTime(sandbox.requests);
  const bound = boundOf(sandbox.requests.length - writes, writes, answerTime, pause * 1000);
  return { time, writes, answerTime, bound };
}

/** What answers really took: a timer of the stand-in's is late rather than early. */
function meanAnswerTime(requests: readonly SandboxRequest[]): number {
  const times = requests.map(({ receivedAt, answeredAt = Number.NaN }) => answeredAt - receivedAt);
  return times.reduce((sum, time) => sum + time, 0) / times.length;
}

/** Every read waits for the one before it; writes start in batches, and a batch needs an answer and its pause. */
function boundOf(reads: number, writes: number, answerTime: number, pause: number): number {
  const batches = Math.ceil(writes / BATCH_SIZE);
  return reads * answerTime + (batches - 1) * Math.max(pause, answerTime) + answerTime;
}

async function oneByOne(pause: number): Promise<number> {
  await using sandbox = await startSandbox();
  sandbox.faults.latencyMs = ANSWER_TIME;
  return await addOneByOne(sandbox, { pause });
}

const seconds = (milliseconds: number) => rounded(milliseconds / 1000);

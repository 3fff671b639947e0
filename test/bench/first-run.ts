import { join } from 'node:path';
import type { SandboxRequest } from '../../cli/demo/sandbox/http/exchange.ts';
import { countCastAiRequests } from '../../cli/demo/stand-in.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import { BUNDLE } from '../support/deployment.ts';
import type { BareRequests } from './bare-client.ts';
import { measureProcess } from './measured-process.ts';
import { type Measurement, median, rounded } from './measurement.ts';
import { addOneByOne } from './one-by-one.ts';

const BARE_CLIENT = join(import.meta.dirname, 'bare-client.ts');

/** What every answer takes, in milliseconds. */
const ANSWER_TIME = 50;
const BATCH_SIZE = 10;
/** None, and the default of 5 seconds scaled down, in seconds. */
const PAUSES = [0, 0.2];
const BESIDE_THE_LIST: readonly string[] = ['templates', 'nodes', 'policies'];
/** Times that ours and the bare client take turns. */
const ROUNDS = 3;

/** The first run on an empty blacklist, against adding one type after the other, and against what is possible. */
export async function measureFirstRun(): Promise<Measurement> {
  const rows: Measurement['rows'][number][] = [];
  for (const pause of PAUSES) {
    const rounds: { ours: Awaited<ReturnType<typeof reconciled>>; bare: number }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const ours = await reconciled(pause);
      rounds.push({ ours, bare: await bareClient(pause, ours.reads, ours.writes) });
    }
    const theirs = await oneByOne(pause);
    const time = median(rounds.map(({ ours }) => ours.time));
    const above = (of: (round: (typeof rounds)[number]) => number) =>
      `${rounded((median(rounds.map(of)) - 1) * 100, 1)} %`;
    rows.push({
      'pause s': pause,
      writes: rounds[0]?.ours.writes ?? Number.NaN,
      'answer ms': rounded(median(rounds.map(({ ours }) => ours.answerTime)), 1),
      'bound s': seconds(median(rounds.map(({ ours }) => ours.bound))),
      'bare client s': seconds(median(rounds.map(({ bare }) => bare))),
      'run s': seconds(time),
      'above the bound': above(({ ours }) => ours.time / ours.bound),
      'above the bare client': above(({ ours, bare }) => ours.time / bare),
      'one by one s': seconds(theirs),
      'times faster': rounded(theirs / time, 1),
    });
  }
  return {
    title: `First run, ${ANSWER_TIME} ms answer time, batches of ${BATCH_SIZE}`,
    aim: 'Within 5 % of the bound that pace and answer time set; a bare client sends as many writes, and as many reads as wait for one another, and does nothing else. With the default pause of 5 s, the pause is nearly all there is',
    rows,
  };
}

async function reconciled(batchPause: number) {
  await using sandbox = await startSandbox();
  sandbox.faults.latencyMs = ANSWER_TIME;
  const pace = { BATCH_SIZE: String(BATCH_SIZE), BATCH_PAUSE: String(batchPause) };
  const deployed = { ...sandbox.environment, OS: 'Linux', INTERRUPTION_THRESHOLD: '20', ...pace };
  const { runTimes } = await measureProcess(BUNDLE, deployed, [
    // The process is warm: Lambda's cold start is a figure of its own.
    { dryRun: true },
    {},
  ]);
  const requests = sandbox.requests.slice(sandbox.requests.findLastIndex(({ route }) => route === 'secret'));
  const { writes } = countCastAiRequests(requests);
  // Those beside the list are read at the same time as it.
  const beside = requests.filter(
    ({ route }) => route !== undefined && BESIDE_THE_LIST.includes(route),
  ).length;
  const reads = requests.length - writes - beside;
  const answerTime = meanAnswerTime(requests);
  const bound = boundOf(reads, writes, answerTime, batchPause * 1000);
  return { time: runTimes.at(-1) ?? Number.NaN, reads, writes, answerTime, bound };
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

/** As many requests without anything around them, from a process that is as warm. */
async function bareClient(batchPause: number, reads: number, writes: number): Promise<number> {
  await using sandbox = await startSandbox();
  sandbox.faults.latencyMs = ANSWER_TIME;
  const { organizationId, apiKey, clusters } = sandbox.castai;
  const base = { url: sandbox.url, apiKey, organizationId, clusterId: clusters[0]?.id };
  const requests: BareRequests = { ...base, reads, writes, batchSize: BATCH_SIZE, batchPause };
  const { runTimes } = await measureProcess(BARE_CLIENT, {}, [{ ...requests, writes: 0 }, requests]);
  return runTimes.at(-1) ?? Number.NaN;
}

async function oneByOne(pause: number): Promise<number> {
  await using sandbox = await startSandbox();
  sandbox.faults.latencyMs = ANSWER_TIME;
  return await addOneByOne(sandbox, { pause });
}

const seconds = (milliseconds: number) => rounded(milliseconds / 1000);

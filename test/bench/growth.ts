import { makeCluster } from '../../cli/demo/sandbox/castai/castai.ts';
import { countCastAiRequests } from '../../cli/demo/stand-in.ts';
import { MEMORY_SIZE } from '../../infra/construct/run-function.ts';
import { startSandbox } from '../sandbox/sandbox.ts';
import { BUNDLE } from '../support/deployment.ts';
import { lambdaFlags, measureProcess } from './measured-process.ts';
import { type Measurement, rounded } from './measurement.ts';

const FLEETS = [1, 10, 100];

/** What more clusters cost: the first run of a fleet, and the next one, which has nothing to change. */
export async function measureGrowth(): Promise<Measurement> {
  const rows: Measurement['rows'][number][] = [];
  for (const clusters of FLEETS) rows.push(await measureFleet(clusters));
  return {
    title: 'Growth of a fleet, 449 types for each cluster, without pause',
    aim: `The feed is read once a run, and what is held stays flat; the peak, of the function's ${MEMORY_SIZE} MB, is what V8 lets pile up`,
    rows,
  };
}

async function measureFleet(clusters: number): Promise<Measurement['rows'][number]> {
  await using sandbox = await startSandbox();
  const { organizationId } = sandbox.castai;
  while (sandbox.castai.clusters.length < clusters) {
    sandbox.castai.clusters.push(makeCluster('us-east-1', { organizationId }));
  }
  sandbox.putSecret({ 'cluster-id': '*' });
  const policy = { OS: 'Linux', INTERRUPTION_THRESHOLD: '20', BATCH_PAUSE: '0' };
  const { runTimes, peakMemory, heldMemory, answerSize } = await measureProcess(
    BUNDLE,
    { ...sandbox.environment, ...policy },
    [{}, {}],
    [...lambdaFlags(MEMORY_SIZE), '--expose-gc'],
  );
  const [first = Number.NaN, next = Number.NaN] = runTimes;
  const { reads, writes } = countCastAiRequests(sandbox.requests);
  return {
    clusters,
    'feed reads a run': sandbox.requests.filter(({ route }) => route === 'feed').length / runTimes.length,
    'CAST AI reads in both': reads,
    writes,
    'first run s': rounded(first / 1000),
    'next run s': rounded(next / 1000),
    'answer MB': rounded(answerSize / 2 ** 20, 1),
    'held MB': rounded((heldMemory ?? Number.NaN) / 2 ** 20, 1),
    'peak MB': rounded(peakMemory / 2 ** 20, 0),
  };
}

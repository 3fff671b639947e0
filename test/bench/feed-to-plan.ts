import { Bench } from 'tinybench';
import type { Template } from '../../lambda/domain/instance-types/template.ts';
import { planApply } from '../../lambda/domain/plan.ts';
import { readFeed } from '../../lambda/spot-advisor/feed.ts';
import { POLICY, stateWith, TEMPLATES } from '../support/plan.ts';
import { feedBytes, type Measurement, median, rounded } from './measurement.ts';

/** Rounds in which they take turns, so that a busy machine slows all; and milliseconds for each in a round. */
const ROUNDS = 15;
const ROUND_TIME = 400;

/** From the feed's bytes to a finished plan, against nothing but JSON.parse of the same bytes. */
export async function measureFeedToPlan(): Promise<Measurement> {
  const bytes = feedBytes();
  const parse = () => JSON.parse(bytes.toString()) as unknown;
  const plan = (templates: readonly Template[] | null) => {
    const feed = readFeed(bytes.toString(), { etag: null, lastModified: null });
    return planApply(feed.of('us-east-1', 'Linux'), POLICY, { ...stateWith([]), templates });
  };
  const rounds: { parse: number; plan: number; templates: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    rounds.push({
      parse: await timeOf(parse),
      plan: await timeOf(() => plan(null)),
      templates: await timeOf(() => plan(TEMPLATES)),
    });
  }
  const parseTime = median(rounds.map((one) => one.parse));
  return {
    title: 'Feed to plan',
    aim: 'At most 1.5 times a bare JSON.parse of the same bytes',
    rows: [
      { what: 'JSON.parse', 'median ms': rounded(parseTime), times: 1 },
      {
        what: `plan for us-east-1 (${plan(null).decisions.length} decisions)`,
        'median ms': rounded(median(rounds.map((one) => one.plan))),
        times: rounded(median(rounds.map((one) => one.plan / one.parse))),
      },
      {
        what: `the same with ${TEMPLATES.length} node templates`,
        'median ms': rounded(median(rounds.map((one) => one.templates))),
        times: rounded(median(rounds.map((one) => one.templates / one.parse))),
      },
    ],
  };
}

/** @returns the median time of one call, in milliseconds */
async function timeOf(task: () => unknown): Promise<number> {
  const bench = new Bench({ time: ROUND_TIME, warmup: true, warmupTime: ROUND_TIME / 2, throws: true });
  bench.add('task', task);
  const [measured] = await bench.run();
  if (measured?.result.state !== 'completed') throw new Error('The benchmark was not completed.');
  return measured.result.latency.p50;
}

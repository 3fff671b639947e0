import { addingAll, DEFAULT_PACE, FATES, reconciling, simulate } from '../resilience/simulation/coverage.ts';
import { POLICY, realFeed } from '../support/plan.ts';
import { type Measurement, rounded } from './measurement.ts';

const THRESHOLD = 20;
const DAYS = 30;

/** For how long types that stay risky could be bought in 30 days, by the simulation that the tests run too. */
export async function measureCoverage(): Promise<Measurement> {
  const feeds = (['2025-06-28', '2026-02-13'] as const).map((day) => realFeed(day).of('us-east-1', 'Linux'));
  const rows = Object.entries(FATES).flatMap(([name, fate]) => {
    const scenario = { days: DAYS, feeds, publishedFor: 7, fate, paceOf: DEFAULT_PACE };
    const strategies = [
      reconciling({ ...POLICY, blacklistHours: 12 }, 1),
      reconciling({ ...POLICY, blacklistHours: 12 }, 6),
      addingAll(THRESHOLD, 6, 5),
      addingAll(THRESHOLD, 1, 5),
    ];
    return strategies.map((strategy) => {
      const { uncoveredShare, writes } = simulate(strategy, scenario, THRESHOLD);
      return {
        when: name,
        strategy: strategy.name,
        uncovered: `${rounded(uncoveredShare * 100)} %`,
        'writes a day': rounded(writes / DAYS, 0),
      };
    });
  });
  return {
    title: `Coverage over ${DAYS} days, two feeds in turn`,
    aim: 'No type that stays risky is ever uncovered, on a schedule that synth does not warn of',
    rows,
  };
}

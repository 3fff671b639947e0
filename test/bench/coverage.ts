import { POLICY, realFeed } from '../plan-support.ts';
import { addingAll, DEFAULT_PACE, type Fate, reconciling, simulate } from '../simulation/coverage.ts';
import { type Measurement, rounded } from './measurement.ts';

const THRESHOLD = 20;

const FATES: Readonly<Record<string, (run: number) => Fate>> = {
  'every run works': () => 'works',
  'every fifth run is lost': (run) => (run % 5 === 4 ? 'is lost' : 'works'),
  'every third run dies half-way': (run) => (run % 3 === 2 ? 'dies half-way' : 'works'),
};

/** For how long types that stay risky could be bought in 30 days, by the simulation that the tests run too. */
export async function measureCoverage(): Promise<Measurement> {
  const feeds = (['2025-06-28', '2026-02-13'] as const).map((day) => realFeed(day).of('us-east-1', 'Linux'));
  const rows = Object.entries(FATES).flatMap(([name, fate]) => {
    const scenario = { days: 30, feeds, publishedFor: 7, fate, paceOf: DEFAULT_PACE };
    const strategies = [
      reconciling({ ...POLICY, blacklistHours: 12 }, 1),
      addingAll(THRESHOLD, 6, 5),
      addingAll(THRESHOLD, 1, 5),
    ];
    return strategies.map((strategy) => {
      const { uncoveredShare, writes } = simulate(strategy, scenario, THRESHOLD);
      return {
        when: name,
        strategy: strategy.name,
        uncovered: `${rounded(uncoveredShare * 100)} %`,
        'writes in 30 days': writes,
      };
    });
  });
  return { title: 'Coverage over 30 days', aim: 'No type that stays risky is ever uncovered', rows };
}

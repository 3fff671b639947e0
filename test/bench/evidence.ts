import { type Knowledge, simulateSeason } from '../resilience/simulation/evidence.ts';
import { POLICY, realFeed } from '../support/plan.ts';
import { type Measurement, rounded } from './measurement.ts';

const DAYS = 90;
/** Each is another account, with other true rates. */
const SEEDS = [100, 200, 300, 400];
const MACHINES = 1_000;
const MISJUDGED = 0.5;

/** Independent interruptions, and such that take a fifth of a pool's machines at once. */
const TOGETHER: Readonly<Record<string, number>> = {
  'mostly one by one': 0.05,
  'a fifth of a pool at once': 0.2,
};

/** What decides, and how many days of own evidence count. */
const VARIANTS: readonly (readonly [name: string, Knowledge, days: number])[] = [
  ['nothing: no type is kept off', 'nothing', 14],
  ["AWS's band", 'band', 14],
  ['own evidence of 14 days', 'own evidence', 14],
  ['own evidence of 30 days', 'own evidence', 30],
  ['the true rates', 'perfect', 14],
];

/** How often the machines of made-up accounts are interrupted in a season, by what decides which types are kept off. */
export async function measureEvidence(): Promise<Measurement> {
  const feed = realFeed('2026-02-13').of('us-east-1', 'Linux');
  const rows = Object.entries(TOGETHER).flatMap(([interruptions, together]) =>
    VARIANTS.map(([name, knowledge, window]) => {
      const seasons = SEEDS.map((seed) =>
        simulateSeason(knowledge, {
          ...{ feed, policy: POLICY, days: DAYS, window, seed },
          ...{ machines: MACHINES, misjudged: MISJUDGED, together },
        }),
      );
      const sum = (of: 'interrupted' | 'machineHours' | 'keptOff') =>
        seasons.reduce((total, season) => total + season[of], 0);
      return {
        interruptions,
        'decided by': name,
        'interrupted per 1,000 machine-hours': rounded((sum('interrupted') / sum('machineHours')) * 1000, 3),
        'types kept off': rounded(sum('keptOff') / SEEDS.length, 0),
      };
    }),
  );
  return {
    title: `Own evidence: ${SEEDS.length} made-up accounts of ${MACHINES} machines over ${DAYS} days; half of the types have another rate than their band`,
    aim: 'Fewer interruptions than by the band alone; what nobody knows in advance is the bound',
    rows,
  };
}

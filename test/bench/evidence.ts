import { type Knowledge, simulateSeason } from '../resilience/simulation/evidence.ts';
import { POLICY, realFeed } from '../support/plan.ts';
import { type Measurement, rounded } from './measurement.ts';
import { measureFoundTypes, measureWrongVerdicts } from './verdicts.ts';

const DAYS = 60;
/** Each is another account, with other true rates. */
const SEEDS = [100, 200];
const MACHINES = 1_000;
const MISJUDGED = 0.5;
/** The share of a pool's machines that one interruption takes: mostly one by one, or a fifth of the pool. */
const TOGETHER = [0.05, 0.2];
/** How many hours a machine lives if it is not interrupted. */
const LIVES = [3, 12, 300];

/** What decides. */
const VARIANTS: readonly (readonly [name: string, Knowledge])[] = [
  ['nothing: no type is kept off', 'nothing'],
  ["AWS's band", 'band'],
  ['own evidence of 14 days', 'own evidence'],
  ['the threshold, by the true rates', 'perfect'],
];

/** What own evidence decides, and what that changes. */
export async function measureEvidence(): Promise<Measurement[]> {
  return [measureWrongVerdicts(), measureFoundTypes(), measureSeasons()];
}

/** How often the machines of made-up accounts are interrupted in a season, by what decides which types are kept off. */
function measureSeasons(): Measurement {
  const feed = realFeed('2026-02-13').of('us-east-1', 'Linux');
  const rows = LIVES.flatMap((life) =>
    VARIANTS.map(([name, knowledge]) => {
      const [alone, burst] = TOGETHER.map((together) => {
        const seasons = SEEDS.map((seed) =>
          simulateSeason(knowledge, {
            ...{ feed, policy: POLICY, days: DAYS, window: 14, seed },
            ...{ machines: MACHINES, misjudged: MISJUDGED, together, life },
          }),
        );
        const sum = (of: 'interrupted' | 'machineHours' | 'keptOff') =>
          seasons.reduce((total, season) => total + season[of], 0);
        const per1000 = rounded((sum('interrupted') / sum('machineHours')) * 1000, 3);
        return { per1000, keptOff: rounded(sum('keptOff') / SEEDS.length, 0) };
      });
      return {
        'node life': `${life} h`,
        'decided by': name,
        'interrupted per 1,000 machine-hours': alone?.per1000 ?? '',
        'a fifth of a pool at once': burst?.per1000 ?? '',
        'types kept off': alone?.keptOff ?? '',
      };
    }),
  );
  return {
    title: `Own evidence: ${SEEDS.length} made-up accounts of ${MACHINES} machines over ${DAYS} days; half of the types have another rate than their band`,
    aim: 'Fewer interruptions than by the band alone, however long nodes live; the true rates are unknown in practice',
    rows,
  };
}

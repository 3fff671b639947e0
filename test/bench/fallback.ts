import { HOURS, NODES, playFallback, SEASONS } from '../resilience/simulation/fallback.ts';
import type { Measurement } from './measurement.ts';

/** How long a cluster runs on fallback nodes while Spot is short, by the simulation that the tests run too. */
export async function measureFallback(): Promise<Measurement> {
  const rows = Object.entries(SEASONS).flatMap(([when, season]) =>
    [true, false].map((relaxOnFallback) => {
      const { types, keptOff, ...report } = playFallback(season, relaxOnFallback);
      return {
        when,
        RELAX_ON_FALLBACK: String(relaxOnFallback),
        'types (kept off)': `${types} (${keptOff})`,
        'fallback node-hours': report.fallbackHours,
        releases: report.releases,
        'most changes of a type': report.mostChanges,
        'back after hours': report.backAfter.join(', '),
      };
    }),
  );
  return {
    title: `Fallback: ${NODES} nodes, 8% replaced in an hour, ${HOURS} hours with two shortages of a day, or a quota for 180 hours`,
    aim: 'Fewer fallback nodes where the blacklist is the cause, hardly any changes where it is not',
    rows,
  };
}

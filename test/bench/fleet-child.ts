// The process that a fleet is simulated in, so that its memory can be measured.
import { fitIntoResponse, logLine } from '../../lambda/report/fit.ts';
import { simulateFanOut } from '../resilience/simulation/fan-out.ts';
import { type FleetScenario, simulateFleet } from '../resilience/simulation/fleet.ts';
import { peakMemory } from './peak-memory.ts';

export interface BenchScenario extends FleetScenario {
  readonly isFannedOut: boolean;
}

// The parent's end is this process's end.
process.on('disconnect', () => process.exit());

const { isFannedOut, ...scenario } = JSON.parse(process.argv[2] ?? '{}') as BenchScenario;
let isFirst = true;
const report = await (isFannedOut ? simulateFanOut : simulateFleet)({
  ...scenario,
  onRun({ result }) {
    if (!isFirst) return;
    // What the handler makes of a result; once is enough to know what it takes.
    JSON.stringify(logLine(result));
    JSON.stringify(fitIntoResponse(result));
    isFirst = false;
  },
});
process.send?.({ report, peakMemory: peakMemory() });
process.disconnect?.();

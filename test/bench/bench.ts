// Measures what the README claims: `npm run bench`, or `npm run bench -- --json first-run growth` for some of it.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { FeedFileError } from '../sandbox/aws/feed.ts';
import { measureBundle } from './bundle.ts';
import { measureColdStart } from './cold-start.ts';
import { measureCoverage } from './coverage.ts';
import { measureEvidence } from './evidence.ts';
import { measureFallback } from './fallback.ts';
import { measureFeedToPlan } from './feed-to-plan.ts';
import { measureFirstRun } from './first-run.ts';
import { measureFleet } from './fleet.ts';
import { measureGrowth } from './growth.ts';
import type { Measurement } from './measurement.ts';
import { measureSignal } from './signal.ts';
import { measureSteadyState } from './steady-state.ts';

const PARTS: Readonly<Record<string, () => Promise<Measurement | readonly Measurement[]>>> = {
  'feed-to-plan': measureFeedToPlan,
  'first-run': measureFirstRun,
  'steady-state': measureSteadyState,
  growth: measureGrowth,
  bundle: measureBundle,
  'cold-start': measureColdStart,
  coverage: measureCoverage,
  signal: () => measureSignal(options.feed?.map((file) => resolve(process.env['INIT_CWD'] ?? '.', file))),
  evidence: measureEvidence,
  fallback: measureFallback,
  fleet: measureFleet,
};

/** Takes half an hour, so it is only measured by name. */
const BY_NAME = ['fleet'];

const { values: options, positionals } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    feed: { type: 'string', multiple: true },
  },
  allowPositionals: true,
});
if (options.help) {
  console.log(
    `npm run bench -- [--json] [part ...]\nThe parts are: ${Object.keys(PARTS).join(', ')}.\nOnly by name: ${BY_NAME.join(', ')}.\nThe part signal compares any two saved feeds: --feed older.json --feed newer.json.`,
  );
  process.exit();
}
const unknown = positionals.filter((name) => !Object.hasOwn(PARTS, name));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}. The parts are: ${Object.keys(PARTS).join(', ')}.`);
  process.exit(2);
}

if (options.feed !== undefined && options.feed.length !== 2) {
  console.error('--feed is given twice: the older feed, then the newer one.');
  process.exit(2);
}

const measurements: Record<string, Measurement | readonly Measurement[]> = {};
for (const [name, measure] of Object.entries(PARTS)) {
  if (positionals.length > 0 ? !positionals.includes(name) : BY_NAME.includes(name)) continue;
  const measurement = await measure().catch((error: unknown) => {
    if (!(error instanceof FeedFileError)) throw error;
    console.error(error.message);
    process.exit(2);
  });
  measurements[name] = measurement;
  if (!options.json) for (const one of [measurement].flat()) console.log(`\n${rendered(one)}`);
}
const facts = {
  date: new Date().toISOString(),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
};
if (options.json) console.log(JSON.stringify({ ...facts, measurements }, null, 2));
else console.log(`\n${facts.date.slice(0, 10)}, Node.js ${facts.node}, ${facts.platform}`);

function rendered({ title, aim, rows }: Measurement): string {
  const table = new Table({ head: Object.keys(rows[0] ?? {}), style: { head: [], border: [] } });
  table.push(...rows.map((row) => Object.values(row)));
  return `${title}\nAim: ${aim}.\n${table}`;
}

// `npm run docs` writes what is made from the code in docs/; with --check it fails if that would change anything.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { faultsDocument } from '../resilience/faults/table.ts';
import { fleetsDocument } from '../resilience/simulation/capacity.ts';
import { withTables } from './configuration.ts';
import { withEvidenceTable } from './evidence.ts';

const DOCUMENTS: Readonly<Record<string, (text: string) => string>> = {
  'faults.md': faultsDocument,
  'configuration.md': withTables,
  'fleets.md': fleetsDocument,
  'decisions.md': withEvidenceTable,
};

for (const [name, make] of Object.entries(DOCUMENTS)) {
  const file = join(import.meta.dirname, '..', '..', 'docs', name);
  const text = await readFile(file, 'utf8');
  const made = make(text);
  if (made === text) continue;
  if (process.argv.includes('--check')) {
    console.error(`docs/${name} is out of date: npm run docs`);
    process.exitCode = 1;
  } else {
    await writeFile(file, made);
  }
}

// Writes docs/faults.md: `npm run faults`.
import { writeFile } from 'node:fs/promises';
import { FAULTS_FILE, faultsDocument } from './table.ts';

await writeFile(FAULTS_FILE, faultsDocument());

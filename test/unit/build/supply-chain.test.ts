import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROJECT } from '../../support/project.ts';

// What SECURITY.md says of what is fetched beside npm's packages, for which test/unit/build/install.test.ts has the same.

/** The lines of a file that are no comments. */
const lines = (file: string) =>
  readFileSync(join(PROJECT, file), 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'));

describe('pip', () => {
  it('installs exact versions of all packages and their dependencies', () => {
    const requirements = lines('.ci/requirements.txt');
    for (const line of requirements) expect(line).toMatch(/^[a-z0-9-]+==\d[\w.]*( \\)?$|^ {4}--hash=sha256:/);
    for (const wanted of lines('.ci/requirements.in'))
      expect(requirements).toContain(wanted.replace(/\[.*\]/, ''));
    const commands = lines('.ci/run').filter((line) => line.includes('pip install'));
    expect(commands).toEqual([expect.stringMatching(/ --(no-deps|require-hashes) /)]);
  });
});

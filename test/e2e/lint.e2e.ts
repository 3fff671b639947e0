import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { CONFIGURATIONS, synthesize } from '../support/synthesized.ts';

const folder = mkdtempSync(join(tmpdir(), 'spot-blacklist-lint-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(CONFIGURATIONS)('cfn-lint finds nothing in a stack with %s', (_, changes) => {
  using synthesized = synthesize(changes);
  const file = join(folder, 'template.json');
  writeFileSync(file, JSON.stringify(synthesized.template.toJSON()));
  const { stdout, status } = spawnSync('cfn-lint', [file], { encoding: 'utf8' });
  expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
});

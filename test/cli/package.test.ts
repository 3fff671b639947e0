import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { startSandbox } from '../sandbox/sandbox.ts';
import { environmentOf, LINUX_20, NO_KEYS, outcomeOf } from './support.ts';

const PROJECT = join(import.meta.dirname, '..', '..');
const folder = mkdtempSync(join(tmpdir(), 'package-'));

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the packed package runs below node_modules, with nothing else installed', async () => {
  // Without `prepack`: the bundle that the tests have built is in use.
  const packed = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
    cwd: PROJECT,
    encoding: 'utf8',
  }).trim();
  const installed = join(folder, 'node_modules', 'spot-blacklist');
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(folder, packed), '-C', installed, '--strip-components', '1']);
  const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
  const bin = join(installed, manifest.bin['spot-blacklist']);

  await using sandbox = await startSandbox();
  const page = join(folder, 'page.html');
  const run = (...args: string[]) =>
    outcomeOf(spawn(process.execPath, [bin, ...args], { cwd: folder, env: environmentOf(sandbox, NO_KEYS) }));
  const flags = [...LINUX_20, '--region', 'us-east-1', '--dry-run', '--json', '--report', page];
  const { code, stdout } = await run(...flags);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ clusters: [{ actions: { add: 449 } }] });
  expect(existsSync(page)).toBe(true);
  writeFileSync(join(folder, 'result.json'), stdout);
  expect(await run('report', 'result.json', 'second.html')).toMatchObject({ code: 0, stderr: '' });
  expect(await run('--version')).toMatchObject({ code: 0, stdout: `${manifest.version}\n` });
});

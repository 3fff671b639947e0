import { mkdirSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { hashOfInputs } from '../../../build/inputs.ts';
import { BundleError, bundleIn } from '../../../infra/construct/run-function.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

describe('the bundle', () => {
  /** What stands for a project that has been built. */
  function project(): string {
    const root = mkdtempSync(join(tmpdir(), 'bundle-'));
    folders.push(root);
    for (const name of ['lambda/run', 'build', 'dist/handler'])
      mkdirSync(join(root, name), { recursive: true });
    for (const name of [
      'package.json',
      'package-lock.json',
      'esbuild.config.mjs',
      'LICENSE',
      'build/modes.ts',
      'lambda/handler.ts',
      'lambda/run/run.ts',
      'dist/handler/index.mjs',
    ]) {
      writeFileSync(join(root, name), name);
    }
    writeFileSync(join(root, 'dist', 'handler.inputs'), hashOfInputs(root));
    return root;
  }

  test('is accepted whatever the modification time of its sources', () => {
    const root = project();
    expect(bundleIn(root)).toBe(join(root, 'dist', 'handler'));
    const future = Date.now() / 1000 + 86_400;
    utimesSync(join(root, 'lambda', 'handler.ts'), future, future);
    utimesSync(join(root, 'dist', 'handler', 'index.mjs'), 1, 1);
    expect(bundleIn(root)).toBe(join(root, 'dist', 'handler'));
  });

  test.each<[string, (root: string) => void]>([
    ['a source has changed', (root) => writeFileSync(join(root, 'lambda', 'run', 'run.ts'), 'other')],
    ['a part of the build has changed', (root) => writeFileSync(join(root, 'build', 'modes.ts'), 'other')],
    ['the lock file has changed', (root) => writeFileSync(join(root, 'package-lock.json'), 'other')],
    ['a source is new', (root) => writeFileSync(join(root, 'lambda', 'new.ts'), '')],
    ['a source is gone', (root) => rmSync(join(root, 'lambda', 'handler.ts'))],
    [
      'a source has another name',
      (root) => renameSync(join(root, 'lambda', 'handler.ts'), join(root, 'lambda', 'other.ts')),
    ],
    [
      'a source has an old time',
      (root) => {
        const file = join(root, 'lambda', 'handler.ts');
        writeFileSync(file, 'other');
        utimesSync(file, 1, 1);
      },
    ],
    ['nothing says what it was made from', (root) => rmSync(join(root, 'dist', 'handler.inputs'))],
  ])('is refused if %s', (_, change) => {
    const root = project();
    change(root);
    expect(() => bundleIn(root)).toThrow(BundleError);
    expect(() => bundleIn(root)).toThrow('not built from the current sources: run npm run build.');
  });

  test('is refused if it is missing', () => {
    const root = project();
    rmSync(join(root, 'dist', 'handler', 'index.mjs'));
    expect(() => bundleIn(root)).toThrow(BundleError);
    expect(() => bundleIn(root)).toThrow('dist/handler/index.mjs is missing: run npm run build.');
  });
});

// The build in another folder, and the stack that is made from it, as the CDK CLI would make it.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { copyProject, runApp } from '../support/app.ts';
import { PROJECT } from '../support/project.ts';

const folder = mkdtempSync(join(tmpdir(), 'spot-blacklist builds-'));
const project = join(folder, 'project');
const out = join(folder, 'cdk.out');

let template: string | undefined;

beforeAll(() => {
  copyProject(project);
  chmodSync(join(project, 'cli', 'page', 'theme.css'), 0o600);
  const script = 'umask 077; exec "$0" esbuild.config.mjs';
  const { status, stderr } = spawnSync('sh', ['-c', script, process.execPath], {
    cwd: project,
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const synthesized = runApp(project, { out, umask: '077' });
  expect(synthesized).toMatchObject({ status: 0, stderr: '' });
  template = synthesized.template;
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the app synthesizes the same template and asset in every folder', () => {
  expect(template).toMatch(/"S3Key":"[0-9a-f]{64}\.zip"/);
  expect(runApp(PROJECT, { out: join(folder, 'here') }).template).toBe(template);
});

describe('whatever the umask and the modes of the sources', () => {
  test('the function is readable, and in the asset too', () => {
    const { '.': handler, ...files } = modesIn(join(project, 'dist', 'handler'));
    expect(handler).toBe('755');
    expect(Object.keys(files)).toContain('index.mjs');
    expect(new Set(Object.values(files))).toEqual(new Set(['644']));
    const [asset = ''] = readdirSync(out).filter((name) => name.startsWith('asset.'));
    // What CDK packs, with these modes.
    expect(modesIn(join(out, asset))).toMatchObject({ 'THIRD-PARTY-NOTICES.txt': '644', 'index.mjs': '644' });
  });

  test('the command line is readable, and can be executed', () => {
    const {
      '.': cli,
      'spot-blacklist.mjs': command,
      feeds,
      ...files
    } = modesIn(join(project, 'dist', 'cli'));
    expect({ cli, command, feeds }).toEqual({ cli: '755', command: '755', feeds: '755' });
    expect(Object.keys(files)).toContain('theme.css');
    expect(new Set(Object.values(files))).toEqual(new Set(['644']));
    expect(modesIn(join(project, 'dist', 'cli', 'feeds'))['2026-02-13.json.gz']).toBe('644');
    expect(modesIn(join(project, 'dist'))['.']).toBe('755');
  });

  test('what npm packs is readable, and its command can be executed', () => {
    const script = 'umask 077; npm pack --silent --pack-destination .. ./dist/package && tar -tvzf ../*.tgz';
    const listed = execFileSync('sh', ['-c', script], { cwd: project, encoding: 'utf8' });
    const modes = [...listed.matchAll(/^(\S+) .* package\/(\S+)$/gm)].map(([, mode, file]) => [file, mode]);
    const { 'cli/spot-blacklist.mjs': command, ...files } = Object.fromEntries(modes);
    expect(command).toBe('-rwxr-xr-x');
    expect(Object.keys(files)).toEqual(
      expect.arrayContaining([
        ...['LICENSE', 'README.md', 'handler/index.mjs'],
        ...['cli', 'construct', 'handler'].map((part) => `${part}/THIRD-PARTY-NOTICES.txt`),
      ]),
    );
    expect(new Set(Object.values(files))).toEqual(new Set(['-rw-r--r--']));
  });
});

test('no build contains a path of the build machine', () => {
  for (const file of ['handler/index.mjs', 'cli/spot-blacklist.mjs', 'construct/index.cjs'])
    expect(readFileSync(join(project, 'dist', file), 'utf8').includes(project), file).toBe(false);
});

test('the CDK CLI sends no telemetry', () => {
  const args = ['cli-telemetry', '--status', '--no-notices'];
  const { stdout, stderr } = spawnSync('node_modules/.bin/cdk', args, {
    cwd: PROJECT,
    encoding: 'utf8',
    env: { PATH: `node_modules/.bin:${process.env['PATH']}`, HOME: folder },
  });
  expect(stdout + stderr).toContain('CLI Telemetry is disabled.');
});

function modesIn(path: string): Record<string, string> {
  const modeOf = (name: string) => (statSync(join(path, name)).mode & 0o777).toString(8);
  return Object.fromEntries(['.', ...readdirSync(path)].map((name) => [name, modeOf(name)]));
}

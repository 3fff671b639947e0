// Runs the commands that the documents show: with a shell and a real npm, in a folder below the project.
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSandbox } from '../sandbox/sandbox.ts';
import { environmentOf, outcomeOf } from '../support/cli.ts';
import { DOCUMENTS, npmCommands } from '../support/documented-commands.ts';
import { PROJECT } from '../support/project.ts';
import { runHere } from '../support/run-here.ts';

const COMMANDS = [...new Set(DOCUMENTS.flatMap(npmCommands))].filter(
  (command) =>
    /^npm (run (-s )?(spot-blacklist|report)|start) -- [^…]+$/.test(command) &&
    // The one asks AWS, the other does not end.
    !/ --(live|serve)$/.test(command),
);
const ASKING = COMMANDS.filter(
  (command) => /spot-blacklist/.test(command) && !/ (plan|diff|--dry-run|--help)/.test(command),
);
const REDIRECTED = COMMANDS.filter((command) => / > \S+$/.test(command));

/** A clone of the project, as far as the command line needs it. */
const clone = mkdtempSync(join(tmpdir(), 'clone-'));
/** Where the user is. */
const folder = join(clone, 'somewhere', 'below');

beforeAll(async () => {
  await copyFile(join(PROJECT, 'package.json'), join(clone, 'package.json'));
  for (const name of ['build', 'cli', 'infra', 'lambda', 'node_modules'])
    await symlink(join(PROJECT, name), join(clone, name));
  await mkdir(folder, { recursive: true });
  await using sandbox = await startSandbox();
  const { result } = await runHere(sandbox, { payload: { dryRun: true } });
  for (const name of ['result.json', 'dry-run.json', 'yesterday.json'])
    await writeFile(join(folder, name), JSON.stringify(result));
  await writeFile(join(folder, 'feed.json'), sandbox.feed.body);
  await copyFile(join(PROJECT, 'cdk.json'), join(folder, 'cdk.json'));
  await writeFile(join(folder, 'evidence.json'), '{"MetricDataResults":[]}');
});

afterAll(() => rmSync(clone, { recursive: true, force: true }));

async function shell(command: string) {
  await using sandbox = await startSandbox();
  const env = environmentOf(sandbox, { HOME: folder });
  return await outcomeOf(
    spawn('sh', ['-c', command], { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] }),
  );
}

describe('from a folder below the project, as documented,', () => {
  test.for(COMMANDS.filter((command) => !ASKING.includes(command)))('%s', async (command) => {
    const { code, stderr } = await shell(command);
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringMatching(/Error|npm error/) });
    const [, page] = /(\S+\.html)/.exec(command) ?? [];
    if (page !== undefined) expect(await readFile(join(folder, page), 'utf8')).toMatch(/^<!doctype html>/);
    const [, file] = / > (\S+)$/.exec(command) ?? [];
    if (file?.endsWith('.json'))
      expect(JSON.parse(await readFile(join(folder, file), 'utf8'))).toMatchObject({ status: 'completed' });
    if (file?.endsWith('.md'))
      expect(await readFile(join(folder, file), 'utf8')).toMatch(/^\*\*Warning|^## /);
  });

  test.for(ASKING)('%s, which needs an approval, refuses without a terminal', async (command) => {
    const { code, stderr } = await shell(command);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('There is no terminal') });
  });

  test('no file is written to the project’s folder', () => {
    expect(readdirSync(folder)).toContain('page.html');
    expect(readdirSync(clone).sort()).toEqual([
      'build',
      'cli',
      'infra',
      'lambda',
      'node_modules',
      'package.json',
      'somewhere',
    ]);
  });
});

test('the documents contain such commands', () => {
  expect(COMMANDS.length).toBeGreaterThan(7);
  expect(ASKING.length).toBeGreaterThan(3);
  expect(REDIRECTED.length).toBeGreaterThan(1);
});

// infra/stack/app.ts as the CDK CLI runs it.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { MINIMAL } from './configuration.ts';
import { PROJECT } from './project.ts';

const CONFIGURATION = { ...MINIMAL, runbookUrl: 'https://example.com/runbook.md' };

/** Copies the project into another folder: its sources, what they are built with, and no bundle. */
export function copyProject(folder: string): void {
  for (const name of [
    ...['build', 'cli', 'lambda', 'infra', 'package.json', 'package-lock.json', 'tsconfig.json'],
    ...['esbuild.config.mjs', 'LICENSE', 'README.md'],
  ])
    cpSync(join(PROJECT, name), join(folder, name), { recursive: true, preserveTimestamps: true });
  symlinkSync(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
}

interface AppOptions {
  /** The folder that it writes to. */
  readonly out: string;
  /** On top of a configuration that it takes. */
  readonly configuration?: object;
  readonly environment?: Readonly<Record<string, string>>;
  readonly umask?: string;
}

/** Runs the app of a project, which gets the context as JSON. */
export function runApp(
  project: string,
  { out, configuration = {}, environment = {}, umask = '022' }: AppOptions,
) {
  const all = { 'spot-blacklist': { ...CONFIGURATION, ...configuration } };
  const script = `umask ${umask}; exec "$0" infra/stack/app.ts`;
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script, process.execPath], {
    cwd: project,
    encoding: 'utf8',
    env: {
      PATH: process.env['PATH'],
      CDK_OUTDIR: out,
      CDK_CONTEXT_JSON: JSON.stringify(all),
      ...environment,
    },
  });
  const file = join(out, 'SpotBlacklist.template.json');
  return { status, stdout, stderr, template: existsSync(file) ? readFileSync(file, 'utf8') : undefined };
}

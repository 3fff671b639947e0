import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCommandLine } from '../lambda/cli/command-line.ts';
import * as errors from '../lambda/errors.ts';
import manifest from '../package.json' with { type: 'json' };
import { parseOptions } from './sandbox/demonstration/start-options.ts';

const PROJECT = join(import.meta.dirname, '..');

const FILES = [
  ...readdirSync(PROJECT),
  ...readdirSync(join(PROJECT, 'docs'), { recursive: true, encoding: 'utf8' }).map((file) =>
    join('docs', file),
  ),
].filter((file) => file.endsWith('.md'));

const read = (file: string) => readFileSync(join(PROJECT, file), 'utf8');

/** A document without what is code in it. */
const prose = (file: string) =>
  read(file)
    .replaceAll(/^ *```.*?^ *```$/gms, '')
    .replaceAll(/`[^`\n]*`/g, '``');

/** The anchors that GitHub gives a document's headings. */
function anchors(file: string): string[] {
  const headings = read(file)
    .replaceAll(/^ *```.*?^ *```$/gms, '')
    .matchAll(/^#+ (.+)$/gm);
  return [...headings].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(/\s/g, '-'),
  );
}

/** What is typed: the lines of shell blocks, and of text what stands in backticks. */
function commands(file: string): string[] {
  const text = read(file);
  const blocks = [...text.matchAll(/^ *```sh\n(.*?)^ *```$/gms)].flatMap(([, block = '']) =>
    block.split('\n'),
  );
  const spans = [...text.replaceAll(/^ *```.*?^ *```$/gms, '').matchAll(/`([^`]+)`/g)].map(([, span = '']) =>
    span.replaceAll(/\s+/g, ' '),
  );
  return [...blocks, ...spans]
    .flatMap((line) => line.split(/\s+#\s|&&/))
    .map((command) => command.trim())
    .filter((command) => command.startsWith('npm '));
}

/** The words of a command, as a shell would take them apart. */
function words(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

describe.for(FILES)('%s', (file) => {
  test('leads to places that are there', () => {
    const links = [...prose(file).matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)];
    for (const [, link, source] of links) {
      const target = link ?? source ?? '';
      if (/^https:\/\//.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const absolute = path === '' ? join(PROJECT, file) : join(PROJECT, dirname(file), path);
      expect(existsSync(absolute), `${file} links to ${target}`).toBe(true);
      if (anchor !== undefined) expect(anchors(relative(PROJECT, absolute)), target).toContain(anchor);
    }
  });

  test('names commands that there are', () => {
    for (const command of commands(file)) {
      const [, verb = '', ...rest] = words(command);
      if (verb === 'start') parseOptions(rest.filter((word) => word !== '--'));
      if (verb === 'test') expect(manifest.scripts).toHaveProperty('test');
      if (verb !== 'run') continue;
      const [script = '', separator, ...args] = rest;
      expect(Object.keys(manifest.scripts), command).toContain(script);
      if (separator !== undefined) expect(separator, command).toBe('--');
      const typed = script === 'report' ? ['report', ...args] : script === 'spot-blacklist' ? args : null;
      if (typed === null || typed.join() === '…') continue;
      const said: string[] = [];
      const writers = { out: () => {}, err: (text: string) => void said.push(text) };
      expect(() => readCommandLine(typed, '0', writers), `${command}: ${said}`).not.toThrow();
    }
  });

  test('names files of the project that there are', () => {
    const spans = [...read(file).matchAll(/`((?:lambda|infra|test|docs|build)\/[\w./-]+)`/g)];
    for (const [, path = ''] of spans) expect(existsSync(join(PROJECT, path)), `${file}: ${path}`).toBe(true);
  });
});

test('the checks see what they are for', () => {
  expect(commands('README.md').length).toBeGreaterThan(8);
  expect(commands('docs/troubleshooting.md').length).toBeGreaterThan(3);
  expect(anchors('README.md')).toContain('what-npm-start-shows');
});

test('the runbook has an entry for every error, and tells every code', () => {
  const runbook = read('docs/runbook.md');
  const names = Object.keys(errors).filter((name) => name.endsWith('Error') && name !== 'SpotBlacklistError');
  expect(names.length).toBeGreaterThan(8);
  for (const name of names) expect(runbook).toContain(`\n## ${name}\n`);
  const codes = [...read('lambda/errors.ts').matchAll(/'([A-Z]+(?:_[A-Z]+)+)'/g)].map(
    ([, code = '']) => code,
  );
  expect(codes.length).toBeGreaterThan(15);
  const single = ['INVALID_SETTINGS', 'ABOVE_CEILING', 'RUN_INCOMPLETE'];
  for (const code of codes.filter((code) => !single.includes(code))) expect(runbook).toContain(`\`${code}\``);
});

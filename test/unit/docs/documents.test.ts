import { existsSync, readdirSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCommandLine } from '../../../cli/command-line.ts';
import * as errors from '../../../lambda/domain/errors.ts';
import * as fleetErrors from '../../../lambda/fleet/errors.ts';
import manifest from '../../../package.json' with { type: 'json' };
import { CLONE_COMMANDS } from '../../serve/commands.ts';
import { DOCUMENTS, npmCommands, readDocument as read } from '../../support/documented-commands.ts';
import { PROJECT } from '../../support/project.ts';

/** What the command line reads when a script of npm is given these arguments. */
const TYPED_BY: Readonly<Record<string, (args: string[]) => string[]>> = {
  start: (args) => ['demo', ...args],
  report: (args) => ['report', ...args],
  'spot-blacklist': (args) => args,
};

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

/** The words of a command, as a shell would take them apart. */
function words(command: string): string[] {
  const unredirected = command.replace(/ > \S+$/, '');
  return [...unredirected.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

describe.for(DOCUMENTS)('%s', (file) => {
  test('has no broken links', () => {
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

  test('shows only commands that exist', () => {
    for (const command of npmCommands(file)) {
      const [, verb = '', ...rest] = words(command).filter((word) => word !== '-s');
      if (!['run', 'start', 'test'].includes(verb)) continue;
      const [script, separator, ...args] = verb === 'run' ? rest : [verb, ...rest];
      if (script === undefined) continue;
      expect(Object.keys(manifest.scripts), command).toContain(script);
      if (separator !== undefined) expect(separator, command).toBe('--');
      const typed = TYPED_BY[script]?.(args);
      if (typed === undefined || typed.join() === '…' || typed.join() === '--help') continue;
      const said: string[] = [];
      const writers = { out: () => {}, err: (text: string) => void said.push(text) };
      expect(
        () => readCommandLine(typed, {}, '0', writers, CLONE_COMMANDS),
        `${command}: ${said}`,
      ).not.toThrow();
    }
  });

  test('names only files and folders that exist', () => {
    const paths = [...read(file).matchAll(/(?<![\w./-])(?:build|cli|docs|infra|lambda|test)\/[\w./-]*\w/g)];
    for (const [path] of paths) expect(existsSync(join(PROJECT, path)), `${file}: ${path}`).toBe(true);
  });
});

test('every picture is shown in a document', () => {
  const shown = DOCUMENTS.map(read).join('\n');
  for (const picture of readdirSync(join(PROJECT, 'docs', 'pictures')))
    expect(shown).toContain(`/${picture}`);
});

test('the checks find commands and headings', () => {
  expect(npmCommands('README.md').length).toBeGreaterThan(8);
  expect(npmCommands('docs/operate.md').length).toBeGreaterThan(3);
  expect(anchors('README.md')).toContain('what-npm-start-shows');
});

test('the document of errors has an entry for every error, and every code', () => {
  const document = read('docs/operate.md');
  const names = Object.keys({ ...errors, ...fleetErrors }).filter(
    (name) => /^[A-Z].*Error$/.test(name) && name !== 'SpotBlacklistError',
  );
  expect(names.length).toBeGreaterThan(8);
  for (const name of names) expect(document).toContain(`\n### ${name}\n`);
  const codes = [
    ...(read('lambda/domain/errors.ts') + read('lambda/fleet/errors.ts')).matchAll(/'([A-Z]+(?:_[A-Z]+)*)'/g),
  ];
  expect(codes.length).toBeGreaterThan(30);
  for (const [, code] of codes) expect(document).toContain(`\`${code}\``);
});

test('the reference has every code of a log line', () => {
  const sources = ['handler', 'invocation', 'fleet/fan-out', 'fleet/handler'];
  const handler = sources.map((name) => read(`lambda/${name}.ts`)).join('');
  const fixed = [...handler.matchAll(/code: '([A-Z]+(?:_[A-Z]+)*)'/g)].map(([, code]) => code);
  const endings = [...handler.matchAll(/`\$\{code\}(_[A-Z]+)`/g)].flatMap(([, ending]) =>
    ['RUN', 'CLUSTER'].map((part) => `${part}${ending}`),
  );
  expect(fixed.length).toBeGreaterThan(6);
  expect(endings).toHaveLength(4);
  const [, section = ''] = read('docs/reference.md').split('\n## Log lines\n');
  for (const code of [...fixed, ...endings]) expect(section.split('\n## ')[0]).toContain(`\`${code}\``);
});

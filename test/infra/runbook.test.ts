import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const runbook = readFileSync('docs/runbook.md', 'utf8');

test('every error that a run can end with is in the runbook, by its name and its code', () => {
  const errors = readFileSync('lambda/errors.ts', 'utf8');
  const names = [...errors.matchAll(/super\('(\w+Error)'/g)].map(([, name = '']) => name);
  const codes = [...errors.matchAll(/'([A-Z]+(?:_[A-Z]+)+|INTERNAL)'/g)].map(([, code = '']) => code);
  expect(names.length).toBeGreaterThan(5);
  expect(codes.length).toBeGreaterThan(10);
  const ofClusters = (code: string) => code.startsWith('CLUSTER_') || code === 'NO_CLUSTERS';
  const words = [...names, ...codes.filter((code) => !ofClusters(code))];
  expect(words.filter((word) => !runbook.includes(`\`${word}\``))).toEqual([]);
});

test('every link within the documents leads to a heading that exists', () => {
  const anchorsOf = (text: string) =>
    [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
  for (const file of ['docs/runbook.md', 'docs/install.md']) {
    const text = readFileSync(file, 'utf8');
    for (const [, path = '', anchor = ''] of text.matchAll(/\]\(([\w./]*)#([\w-]+)\)/g)) {
      const linked =
        path === '' ? text : readFileSync(new URL(`../../docs/${path}`, import.meta.url), 'utf8');
      expect(anchorsOf(linked)).toContain(anchor);
    }
  }
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

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

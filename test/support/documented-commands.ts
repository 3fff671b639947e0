// The commands that the documents show.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from './project.ts';

/** Every document, relative to the project. */
export const DOCUMENTS = [
  ...readdirSync(PROJECT),
  ...readdirSync(join(PROJECT, 'docs'), { recursive: true, encoding: 'utf8' }).map((file) =>
    join('docs', file),
  ),
].filter((file) => file.endsWith('.md'));

export const readDocument = (file: string) => readFileSync(join(PROJECT, file), 'utf8');

/** The commands of a document that start with `npm`: lines of shell blocks, and code spans in the text. */
export function npmCommands(file: string): string[] {
  const text = readDocument(file);
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

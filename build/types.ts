import { execFileSync } from 'node:child_process';
import { mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';

/** The packages that the package's types may refer to: its optional peers. */
const PEERS = /^(aws-cdk-lib|constructs)(\/|$)/;

/**
 * Writes the types of a module, and of those modules that its types refer to, below a folder, as those of CommonJS.
 *
 * @param root the project's folder
 * @param entry the module, relative to it
 * @param folder gets `index.d.cts`, and the others beside it
 * @throws {Error} if the types refer to a package that a user does not have
 */
export async function writeTypes(root: string, entry: string, folder: string): Promise<void> {
  await using emitted = await mkdtempDisposable(join(tmpdir(), 'types-'));
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const args = [tsc, '--project', join(root, 'build', 'tsconfig.json'), '--outDir', emitted.path];
  execFileSync(process.execPath, args, { stdio: 'inherit' });
  const base = dirname(entry);
  const pending = [entry.replace(/\.ts$/, '.d.ts')];
  const written = new Set<string>();
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (written.has(file)) continue;
    written.add(file);
    const place = join(folder, relative(base, file).replace(/ts$/, 'cts'));
    if (relative(base, file).startsWith('..'))
      throw new Error(`The types refer to ${file}, which is not packed.`);
    const from = dirname(file);
    const text = (await readFile(join(emitted.path, file), 'utf8')).replaceAll(
      /(from |import\()(['"])([^'"]+)\2/g,
      (_, before: string, quote: string, name: string) => {
        if (name.startsWith('.')) pending.push(join(from, name.replace(/\.ts$/, '.d.ts')));
        else if (!PEERS.test(name)) throw new Error(`The types in ${file} refer to ${name}.`);
        return `${before}${quote}${name.replace(/^(\..*)\.ts$/, '$1.cjs')}${quote}`;
      },
    );
    await mkdir(dirname(place), { recursive: true });
    await writeFile(place, text);
  }
}

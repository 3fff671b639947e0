import type { Metafile } from 'esbuild';

/**
 * What the function may load at every cold start, in bytes. It is some percent more than it does; whoever raises it says in
 * docs/decisions/bundle-size.md what for.
 */
export const SIZE_BUDGET = 565_000;

/** @returns the part of a build that its entry point imports, directly or not; what `import()` loads later is left out */
export function loadedAtStart({ inputs, outputs }: Metafile): Metafile {
  const loaded: Metafile['outputs'] = {};
  const load = (file: string) => {
    const output = outputs[file];
    if (output === undefined || loaded[file] !== undefined) return;
    loaded[file] = output;
    for (const { path, kind } of output.imports) if (kind === 'import-statement') load(path);
  };
  for (const [file, { entryPoint }] of Object.entries(outputs))
    if (entryPoint?.endsWith('handler.ts')) load(file);
  return { inputs, outputs: loaded };
}

/** @returns the size of all files of a build, in bytes */
export function bytesOf({ outputs }: Metafile): number {
  return Object.values(outputs).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** @throws {Error} if more is loaded at the start than may be */
export function refuseAboveBudget(bytes: number): void {
  if (bytes <= SIZE_BUDGET) return;
  throw new Error(
    `The function loads ${bytes} bytes at its start, ${bytes - SIZE_BUDGET} more than its budget of ${SIZE_BUDGET}. Run "npm run bench -- bundle" to see what they are; build/size-budget.ts holds the budget.`,
  );
}

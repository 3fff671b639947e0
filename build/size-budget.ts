import type { Metafile } from 'esbuild';

/**
 * The maximum that the function may load at a cold start, in bytes: a few KB more than it does. If you raise it, give the
 * reason in docs/decisions.md.
 */
export const SIZE_BUDGET = 576_000;

/** @returns the part of a build that a run's entry point imports, directly or indirectly, without dynamic imports */
export function loadedAtStart({ inputs, outputs }: Metafile): Metafile {
  const loaded: Metafile['outputs'] = {};
  const load = (file: string) => {
    const output = outputs[file];
    if (output === undefined || loaded[file] !== undefined) return;
    loaded[file] = output;
    for (const { path, kind } of output.imports) if (kind === 'import-statement') load(path);
  };
  for (const [file, { entryPoint }] of Object.entries(outputs))
    if (entryPoint?.endsWith('lambda/handler.ts')) load(file);
  return { inputs, outputs: loaded };
}

/** @returns the size of all files of a build, in bytes */
export function bytesOf({ outputs }: Metafile): number {
  return Object.values(outputs).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** @throws {Error} if a cold start loads more than the budget */
export function refuseAboveBudget(bytes: number): void {
  if (bytes <= SIZE_BUDGET) return;
  throw new Error(
    `The function loads ${bytes} bytes at a cold start, ${bytes - SIZE_BUDGET} more than its budget of ${SIZE_BUDGET}. Run "npm run bench -- bundle" to see what it loads; build/size-budget.ts defines the budget.`,
  );
}

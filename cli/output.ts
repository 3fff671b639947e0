import type { Writable } from 'node:stream';

/** A full disk, a closed terminal or a reader that has exited (`| head`) must not stop a run in the middle of its writes. */
export function ignoreStreamErrors(): void {
  for (const stream of [process.stdin, process.stdout, process.stderr]) stream.on('error', () => {});
}

/** @returns the system's error code if the text could not be written, or null */
export function problemOfWriting(stream: Writable, text: string): Promise<string | null> {
  return new Promise((resolve) => {
    stream.write(text, (error: NodeJS.ErrnoException | null | undefined) =>
      resolve(error ? (error.code ?? error.name) : null),
    );
  });
}

import type { Writable } from 'node:stream';

/** A full disk, a closed terminal, a reader that has seen enough (`| head`): none may stop a run amid its writes. */
export function outliveBrokenStreams(): void {
  for (const stream of [process.stdin, process.stdout, process.stderr]) stream.on('error', () => {});
}

/** @returns why a text could not be written, as the system's code; null if it was */
export function problemOfWriting(stream: Writable, text: string): Promise<string | null> {
  return new Promise((resolve) => {
    stream.write(text, (error: NodeJS.ErrnoException | null | undefined) =>
      resolve(error ? (error.code ?? error.name) : null),
    );
  });
}

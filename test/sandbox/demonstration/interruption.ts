/** Somebody asked the process to end. */
export class Interruption extends Error {
  constructor() {
    super('Stopped.');
  }
}

/** Resolves when the process is asked to end (SIGINT, SIGTERM). A second time ends it at once. */
export async function terminationRequest(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.once('SIGINT', () => resolve()).once('SIGTERM', () => resolve());
  await promise;
}

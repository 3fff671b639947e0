import PQueue from 'p-queue';

/** @returns a queue that starts at most `batchSize` requests in any `batchPause` seconds, with at most `batchSize` in flight */
export function pacedQueue(batchSize: number, batchPause: number): PQueue {
  const pace = { intervalCap: batchSize, interval: batchPause * 1000, strict: true };
  return new PQueue({ concurrency: batchSize, ...(batchPause > 0 && pace) });
}

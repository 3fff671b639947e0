import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/build-bundle.ts'],
    // Most of a test's time is waiting for sockets and for retries' pauses, so files may outnumber the cores.
    testTimeout: 120_000,
    maxWorkers: 4,
  },
});

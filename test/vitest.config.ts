import { defineConfig } from 'vitest/config';
import '../build/ready.mjs';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build-bundle.ts'],
    setupFiles: ['test/support/seed.ts', 'test/contract/recorder.ts'],
    // Most of a test's time is waiting for sockets and for retries' pauses, so files may outnumber the cores.
    testTimeout: 120_000,
    maxWorkers: 4,
    // Loading modules anew for each file would take longer than the tests. None of them changes a module or a global.
    isolate: false,
    // And so none is worth a line of its own for being slow.
    slowTestThreshold: 60_000,
    // CDK prints its warnings at every synth.
    silent: 'passed-only',
    // `npm run coverage`. What runs as the bundle, in a process of its own, does not count: only what runs here does.
    coverage: { include: ['{build,infra,lambda}/**/*.ts'], reporter: ['text', 'html'] },
  },
});

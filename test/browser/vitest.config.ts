import { defineConfig } from 'vitest/config';
import '../../build/ready.mjs';

// What needs more of a machine than Node.js and npm: a browser, and a terminal of util-linux.
export default defineConfig({
  test: {
    include: ['test/browser/**/*.browser.ts'],
    testTimeout: 60_000,
  },
});

import { defineConfig } from 'vitest/config';
import '../../build/ready.mjs';
import { TIME_LIMIT } from './time-limit.ts';

// npm run test:e2e: the user's own steps on a local AWS, one after the other, as far as they succeed.
export default defineConfig({
  test: {
    include: ['test/e2e/**/*.e2e.ts'],
    bail: 1,
    // `cdk deploy` and `npm run build` build into the same folder.
    fileParallelism: false,
    reporters: ['verbose'],
    testTimeout: TIME_LIMIT,
    hookTimeout: TIME_LIMIT,
  },
});

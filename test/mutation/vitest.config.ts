import { defineConfig } from 'vitest/config';

// For `npm run mutation`: the tests of the plan and the settings, as far as they need neither socket nor bundle.
export default defineConfig({
  test: {
    include: [
      'test/{unit/domain/*,unit/settings/*,resilience/plan.properties,integration/function/secret}.test.ts',
    ],
    setupFiles: ['test/mutation/setup.ts'],
    testNamePattern: /^(?!the function)/,
  },
});

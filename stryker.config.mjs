// `npm run mutation`: does a test fail when the plan or the settings are changed? docs/benchmarks.md has what survives.
export default {
  testRunner: 'vitest',
  vitest: { configFile: 'test/mutation/vitest.config.ts' },
  plugins: ['@stryker-mutator/vitest-runner'],
  mutate: ['lambda/domain/**/*.ts', 'lambda/settings/*.ts'],
  ignorePatterns: ['dist', 'cdk.out', 'coverage'],
  // A file that is not there: Stryker would rewrite tsconfig.json with TypeScript's API, which TypeScript 7 lacks.
  tsconfigFile: 'no-tsconfig.json',
  reporters: ['clear-text', 'html', 'progress'],
  clearTextReporter: { logTests: false },
  htmlReporter: { fileName: 'coverage/mutation.html' },
  tempDirName: 'coverage/stryker',
  concurrency: 2,
  // One that ends in an endless loop need not be waited for.
  timeoutMS: 15_000,
};

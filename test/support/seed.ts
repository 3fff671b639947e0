import fc from 'fast-check';

// Made-up examples are the same in every run, so that a change is judged by itself; `SEED=7 npm test` tries others.
fc.configureGlobal({ seed: Number(process.env['SEED'] ?? 1) });

// `npm run soak`, or `npm run soak -- 20000`: thousands of warm invocations, and what they leave behind.
import { growth, soak } from './soak.ts';

const [invocations = '5000'] = process.argv.slice(2);
const started = performance.now();
const soaked = await soak(Number(invocations));
const { early, late } = growth(soaked);
const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MB`;
console.log(
  `${invocations} invocations in ${((performance.now() - started) / 1000).toFixed(0)} s`,
  soaked.endings,
);
console.log(`Heap after collection: ${soaked.heap.map(megabytes).join(', ')}`);
console.log(`Mean of the second quarter ${megabytes(early)}, of the last ${megabytes(late)}`);
console.log('What keeps the process alive, before:', soaked.resourcesBefore, 'after:', soaked.resourcesAfter);

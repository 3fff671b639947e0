// `npm run soak`, or `npm run soak -- 20000`: thousands of warm invocations, and what they leave behind.
import { growth, soak } from './soak.ts';

const [invocations = '5000'] = process.argv.slice(2);
const started = performance.now();
const soaked = await soak(Number(invocations));
const megabytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(2)} MB`;
console.log(
  `${invocations} invocations in ${((performance.now() - started) / 1000).toFixed(0)} s`,
  soaked.endings,
);
console.log(`Heap in the second half: ${soaked.heap.map(({ bytes }) => megabytes(bytes)).join(', ')}`);
console.log(`Growth: ${growth(soaked).toFixed(0)} bytes per invocation`);
console.log('What is open, before:', soaked.before, 'after:', soaked.after);

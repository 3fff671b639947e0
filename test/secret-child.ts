// Reads the secret in a process of its own, whose environment is all that the SDK sees.
import { fetchCredentials } from '../lambda/credentials.ts';
import { presentable } from '../lambda/errors.ts';
import { SECRET_NAME } from './sandbox/sandbox.ts';

const [place] = process.argv.slice(2);
const problem = await fetchCredentials(
  SECRET_NAME,
  AbortSignal.timeout(20_000),
  place === 'terminal' ? 'terminal' : 'lambda',
).then(
  () => 'none',
  (error: unknown) => `${presentable(error).code}: ${presentable(error).message}`,
);
process.send?.(problem);

// Reads the secret in a process of its own, whose environment is all that the SDK sees.

import { SECRET_NAME } from '../../cli/sandbox/sandbox.ts';
import { fetchCredentials } from '../../lambda/aws/secret.ts';
import { presentable } from '../../lambda/domain/errors.ts';

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

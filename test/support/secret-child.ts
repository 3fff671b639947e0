// Reads the secret in a process of its own, whose environment is all that the SDK sees.

import { SECRET_NAME } from '../../cli/sandbox/sandbox.ts';
import { fetchCredentials } from '../../lambda/aws/secret.ts';
import { toSafeError } from '../../lambda/domain/errors.ts';

const [place] = process.argv.slice(2);
const problem = await fetchCredentials(
  SECRET_NAME,
  AbortSignal.timeout(20_000),
  place === 'terminal' ? 'terminal' : 'lambda',
).then(
  () => 'none',
  (error: unknown) => `${toSafeError(error).code}: ${toSafeError(error).message}`,
);
process.send?.(problem);

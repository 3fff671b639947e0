// Reads a secret, as on a terminal, in a process of its own, whose environment is all that the SDK sees.

import { fetchCredentials } from '../../lambda/aws/secret.ts';
import { toSafeError } from '../../lambda/domain/errors.ts';

const problem = await fetchCredentials(process.argv[2] ?? '', AbortSignal.timeout(20_000), 'terminal').then(
  () => 'none',
  (error: unknown) => `${toSafeError(error).code}: ${toSafeError(error).message}`,
);
process.send?.(problem);

// Reads a secret as on a terminal, once for each AWS profile given, and sends the error of each.

import { fetchCredentials } from '../../lambda/aws/secret.ts';
import { toSafeError } from '../../lambda/domain/errors.ts';

const problems: Record<string, string> = {};
for (const profile of process.argv.slice(2)) {
  process.env['AWS_PROFILE'] = profile;
  problems[profile] = await fetchCredentials('team/castai', AbortSignal.timeout(60_000), 'terminal').then(
    () => 'none',
    (error: unknown) => `${toSafeError(error).code}: ${toSafeError(error).message}`,
  );
}
process.send?.(problems);

import { isUntrusted } from '../http/agents.ts';

/**
 * @returns the name of an error of the AWS SDK; `UntrustedCertificate` or `TimeoutError` if there was no connection;
 *   undefined if it is no error
 */
export function kindOf(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if ('code' in thrown && isUntrusted(String(thrown.code))) return 'UntrustedCertificate';
  // Node.js's own errors: there was no connection, or it broke off.
  const isConnection = 'code' in thrown && /^E[A-Z_]+$/.test(String(thrown.code));
  return isConnection ? 'TimeoutError' : thrown.name;
}

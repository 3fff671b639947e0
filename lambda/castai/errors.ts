import { CastAiAuthError, type CastAiCode, CastAiError, type SpotBlacklistError } from '../domain/errors.ts';
import { HOW_TO_TRUST, isUntrusted } from '../http/agents.ts';
import type { HttpError } from '../http/exchange.ts';

/** Why CAST AI did not do what was requested. */
interface Failure {
  readonly code: CastAiCode | 'KEY_REJECTED' | 'KEY_FORBIDDEN';
  /** In brackets, after what could not be read. */
  readonly brief: string;
  /** What is wrong and what to do, for the user. */
  readonly message: string;
}

/**
 * @param purpose the purpose of the request: `list the blacklist`
 * @returns the error for a failed request
 */
export function requestError(error: HttpError, purpose: string): SpotBlacklistError {
  const { code, message } = failureOf(error, purpose);
  return castAiError(code, message, error.status);
}

/**
 * @param what could not be read: `node templates`
 * @returns the error of an optional read: for a rejected key, that of any request; otherwise one that a warning can
 *   continue
 */
export function readError(error: HttpError, what: string): SpotBlacklistError {
  const { code, brief, message } = failureOf(error, `list the ${what}`);
  if (code === 'KEY_REJECTED') return castAiError(code, message, error.status);
  return castAiError(code, notRead(what, brief, error.requestId), error.status);
}

/** @returns a sentence about what could not be read, and why, which a warning can continue */
export function notRead(what: string, why: string, requestId: string | null): string {
  return `CAST AI's ${what} could not be read (${why})${forSupport(requestId)}.`;
}

/** @returns what CAST AI's support needs, to append to a sentence about a response */
export function forSupport(requestId: string | null): string {
  return requestId === null ? '' : ` [X-Castai-Request-Id ${requestId}]`;
}

function castAiError(code: Failure['code'], message: string, status: number | null): SpotBlacklistError {
  return code === 'KEY_REJECTED' || code === 'KEY_FORBIDDEN'
    ? new CastAiAuthError(code, message)
    : new CastAiError(code, message, status);
}

function failureOf({ status, code, what, requestId, explanation }: HttpError, purpose: string): Failure {
  const support = forSupport(requestId);
  if (status === 401)
    return {
      code: 'KEY_REJECTED',
      brief: what,
      message: `CAST AI does not accept the API key (401)${support}. Check api-key in the secret, that the key has not expired, and that CASTAI_API_URL is the one of your organization's region.`,
    };
  if (status === 403)
    return {
      code: 'KEY_FORBIDDEN',
      brief: "403: the API key's owner needs a role that may read them",
      message: `The API key may not ${purpose} (403)${support}. Give its owner a role that may change the blacklist of this cluster: Viewer is not enough.`,
    };
  if (status !== null && status >= 300 && status < 500 && status !== 408 && status !== 429)
    return {
      code: 'CASTAI_REFUSED',
      brief: what,
      message: `CAST AI refused to ${purpose} (${status}${explanation ? `, because of ${explanation}` : ''})${support}. Check org-id and cluster-id in the secret; for a single type, NEVER_BLACKLIST can leave it out.`,
    };
  if (isUntrusted(code))
    return {
      code: 'CASTAI_UNREACHABLE',
      brief: what,
      message: `The TLS certificate presented for CAST AI is not trusted (${code}), so it was not asked to ${purpose}. ${HOW_TO_TRUST}`,
    };
  if (code === 'ERR_BODY_TOO_LARGE')
    return {
      code: 'CASTAI_TOO_LARGE',
      brief: 'the response is too large',
      message: `CAST AI's response to the request to ${purpose} is too large. Check CASTAI_API_URL; if it is correct, remove entries of clusters that no longer exist.`,
    };
  if (code === 'RETRY_LATER')
    return {
      code: 'CASTAI_BUSY',
      brief: `${status}: CAST AI asks for a long pause`,
      message: `CAST AI asked for a longer pause (${status}) than a run can wait${support}, when asked to ${purpose}. The next run tries again; if this happens often, lower BATCH_SIZE or raise BATCH_PAUSE.`,
    };
  if (code === 'ERR_ABORTED')
    return {
      code: 'CASTAI_UNREACHABLE',
      brief: 'time ran out',
      message: `The request to ${purpose} did not finish before the run's deadline. The next run tries again; if this happens often, raise the function's timeout.`,
    };
  return {
    code: 'CASTAI_UNREACHABLE',
    brief: what,
    message: `CAST AI did not ${purpose} (${what})${support}. ${hintFor(status)}The next run tries again.`,
  };
}

function hintFor(status: number | null): string {
  if (status === null) return 'Check CASTAI_API_URL and the connection (behind a proxy: HTTPS_PROXY). ';
  return status === 500 ? 'A wrong org-id in the secret also causes this. ' : '';
}

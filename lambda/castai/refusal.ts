import { CastAiAuthError, CastAiError, type SpotBlacklistError } from '../domain/errors.ts';
import { HOW_TO_TRUST, isUntrusted } from '../http/agents.ts';
import type { HttpError } from '../http/exchange.ts';

/**
 * @param purpose the purpose of the request: `list the blacklist`
 * @returns the error for a failed request
 */
export function refusal(
  { status, code, what, requestId, explanation }: HttpError,
  purpose: string,
): SpotBlacklistError {
  const support = forSupport(requestId);
  if (status === 401) {
    return new CastAiAuthError(
      'KEY_REJECTED',
      `CAST AI does not accept the API key (401)${support}. Check api-key in the secret, that the key has not expired, and that CASTAI_API_URL is the one of your organization's region.`,
    );
  }
  if (status === 403) {
    return new CastAiAuthError(
      'KEY_FORBIDDEN',
      `The API key may not ${purpose} (403)${support}. Give its owner a role that may change the blacklist of this cluster: Viewer is not enough.`,
    );
  }
  if (status !== null && status >= 300 && status < 500 && status !== 408 && status !== 429) {
    return new CastAiError(
      'CASTAI_REFUSED',
      `CAST AI refused to ${purpose} (${status}${explanation ? `, because of ${explanation}` : ''})${support}. Check org-id and cluster-id in the secret; for a single type, NEVER_BLACKLIST can leave it out.`,
      status,
    );
  }
  if (isUntrusted(code)) {
    return new CastAiError(
      'CASTAI_UNREACHABLE',
      `The TLS certificate presented for CAST AI is not trusted (${code}), so it was not asked to ${purpose}. ${HOW_TO_TRUST}`,
      null,
    );
  }
  if (code === 'ERR_BODY_TOO_LARGE') {
    return new CastAiError(
      'CASTAI_TOO_LARGE',
      `CAST AI's response to the request to ${purpose} is too large. Check CASTAI_API_URL; if it is correct, remove entries of clusters that no longer exist.`,
      null,
    );
  }
  if (code === 'RETRY_LATER') {
    return new CastAiError(
      'CASTAI_BUSY',
      `CAST AI asked for a longer pause (${status}) than a run can wait${support}, when requested to ${purpose}. The next run tries again; if this happens often, lower BATCH_SIZE or raise BATCH_PAUSE.`,
      status,
    );
  }
  if (code === 'ERR_ABORTED') {
    return new CastAiError(
      'CASTAI_UNREACHABLE',
      `The request to ${purpose} did not finish before the run's deadline. The next run tries again; if this happens often, raise the function's timeout.`,
      null,
    );
  }
  return new CastAiError(
    'CASTAI_UNREACHABLE',
    `CAST AI did not ${purpose} (${what})${support}. ${hintFor(status)}The next run tries again.`,
    status,
  );
}

function hintFor(status: number | null): string {
  if (status === null) return 'Check CASTAI_API_URL and the connection (behind a proxy: HTTPS_PROXY). ';
  return status === 500 ? 'A wrong org-id in the secret also causes this. ' : '';
}

/** @returns what CAST AI's support needs, to append to a sentence about a response */
export function forSupport(requestId: string | null): string {
  return requestId === null ? '' : ` [X-Castai-Request-Id ${requestId}]`;
}

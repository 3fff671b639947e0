/**
 * Base class of everything that this project throws. Names and codes are stable: alarms, the runbook and callers
 * distinguish errors by them, never by message. A message is one sentence on what is wrong and one on what to do; it never
 * contains a secret, a response body or another library's error (no `cause`: loggers print it, request headers included).
 */
export abstract class SpotBlacklistError extends Error {
  /** What exactly went wrong, in capitals; finer than the name. */
  readonly code: string;

  /**
   * @param name the stable name; explicit, so that a bundler's renaming cannot change it
   * @param code what exactly went wrong
   * @param message what is wrong and what to do, for the user
   */
  constructor(name: string, code: string, message: string) {
    super(message);
    this.name = name;
    this.code = code;
  }
}

/** The environment or payload is invalid. No request was sent. */
export class SettingsError extends SpotBlacklistError {
  constructor(message: string) {
    super('SettingsError', 'INVALID_SETTINGS', message);
  }
}

export type SecretCode =
  | 'SECRET_NOT_FOUND'
  | 'SECRET_WITHOUT_VALUE'
  | 'SECRET_DELETED'
  | 'SECRET_REFUSED'
  | 'SECRET_ACCESS_DENIED'
  | 'SECRET_UNDECRYPTABLE'
  | 'SECRET_UNREACHABLE'
  | 'SECRET_INVALID'
  | 'AWS_CREDENTIALS_MISSING'
  | 'AWS_CREDENTIALS_EXPIRED'
  | 'AWS_CREDENTIALS_REJECTED'
  | 'AWS_REGION_MISSING';

/** The secret with the CAST AI credentials cannot be read, or is invalid. */
export class SecretError extends SpotBlacklistError {
  constructor(code: SecretCode, message: string) {
    super('SecretError', code, message);
  }
}

type FeedCode = 'FEED_UNREACHABLE' | 'FEED_MALFORMED' | 'UNKNOWN_REGION' | 'UNKNOWN_OS' | 'UNKNOWN_TYPE';

/** The Spot Advisor feed cannot be fetched or trusted, or lacks the region, the OS or a type. */
export class FeedError extends SpotBlacklistError {
  constructor(code: FeedCode, message: string) {
    super('FeedError', code, message);
  }
}

export type CastAiCode =
  | 'CASTAI_UNREACHABLE'
  | 'CASTAI_BUSY'
  | 'CASTAI_REFUSED'
  | 'CASTAI_MALFORMED'
  | 'CASTAI_CONTRADICTORY'
  | 'CASTAI_TOO_LARGE';

/** CAST AI does not respond, refuses a request, or returns a response that cannot be trusted. */
export class CastAiError extends SpotBlacklistError {
  /** The response's HTTP status, or null without a response. */
  readonly status: number | null;

  constructor(code: CastAiCode, message: string, status: number | null) {
    super('CastAiError', code, message);
    this.status = status;
  }
}

/** CAST AI rejects the key (401), or the key lacks permission (403). */
export class CastAiAuthError extends SpotBlacklistError {
  constructor(code: 'KEY_REJECTED' | 'KEY_FORBIDDEN', message: string) {
    super('CastAiAuthError', code, message);
  }
}

type ClusterCode =
  | 'CLUSTER_NOT_FOUND'
  | 'CLUSTER_OF_OTHER_ORGANIZATION'
  | 'CLUSTER_NOT_EKS'
  | 'CLUSTER_NOT_WORKABLE'
  | 'CLUSTER_NOT_SELECTED'
  | 'CLUSTER_REGION_MISMATCH'
  | 'CLUSTER_REGION_UNKNOWN'
  | 'NO_CLUSTERS';

/** The cluster is not the one that the settings and the secret describe, or cannot be managed. */
export class ClusterError extends SpotBlacklistError {
  constructor(code: ClusterCode, message: string) {
    super('ClusterError', code, message);
  }
}

/** The plan would blacklist more of the region than the policy allows; nothing was written. */
export class CeilingError extends SpotBlacklistError {
  readonly refusal: Refusal;
  /** How many risky types no entry keeps off Spot. */
  readonly uncovered: number;

  constructor(refusal: Refusal, message: string, uncovered = 0) {
    super('CeilingError', 'ABOVE_CEILING', message);
    this.refusal = refusal;
    this.uncovered = uncovered;
  }
}

/** By how much a plan was above the ceiling. */
export interface Refusal {
  /** The number of types that would be blacklisted. */
  readonly types: number;
  /** The number of types in the region. */
  readonly of: number;
  /** The highest share of them that the policy allows, from 0 to 1. */
  readonly ceiling: number;
}

/** The run was reported, but part of it failed or was deferred to the next run. */
export class RunIncompleteError extends SpotBlacklistError {
  constructor(message: string) {
    super('RunIncompleteError', 'RUN_INCOMPLETE', message);
  }
}

/** A bug in this project. */
export class InternalError extends SpotBlacklistError {
  constructor(message: string) {
    super('InternalError', 'INTERNAL', message);
  }
}

/**
 * Turns anything thrown into an error that is safe to show. This project's errors pass unchanged; of others, only the
 * class and the stack frames are kept, because their message and properties may contain anything.
 */
export function toSafeError(thrown: unknown): SpotBlacklistError {
  if (thrown instanceof SpotBlacklistError) return thrown;
  const kind = thrown instanceof Error ? thrown.constructor.name : typeof thrown;
  const error = new InternalError(
    `An unexpected ${kind} stopped the run: a bug in spot-blacklist. Entries remain until they expire; please report this with the stack trace.`,
  );
  const frames =
    thrown instanceof Error ? (thrown.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n');
  return error;
}

/**
 * Everything that this project throws. Names and codes are stable: alarms, the runbook and callers tell
 * errors apart by them, never by their message. A message is one sentence on what is wrong and one on what
 * to do; it never holds a secret, a response body or another library's error (no `cause`: loggers print it,
 * request headers and all).
 */
export abstract class SpotBlacklistError extends Error {
  /** What exactly went wrong, in capitals; finer than the name. */
  readonly code: string;

  /**
   * @param name the stable name; given, not derived, so that no bundler's renaming changes it
   * @param code what exactly went wrong
   * @param message what is wrong and what to do, for people
   */
  constructor(name: string, code: string, message: string) {
    super(message);
    this.name = name;
    this.code = code;
  }
}

/** Environment or payload cannot be used as it is. Nothing has been asked of anyone yet. */
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

/** The secret with the CAST AI credentials cannot be read or does not hold what it should. */
export class SecretError extends SpotBlacklistError {
  constructor(code: SecretCode, message: string) {
    super('SecretError', code, message);
  }
}

type FeedCode = 'FEED_UNREACHABLE' | 'FEED_MALFORMED' | 'UNKNOWN_REGION' | 'UNKNOWN_OS';

/** The Spot Advisor feed cannot be fetched, trusted, or does not hold the region or OS. */
export class FeedError extends SpotBlacklistError {
  constructor(code: FeedCode, message: string) {
    super('FeedError', code, message);
  }
}

type CastAiCode =
  | 'CASTAI_UNREACHABLE'
  | 'CASTAI_BUSY'
  | 'CASTAI_REFUSED'
  | 'CASTAI_MALFORMED'
  | 'CASTAI_TOO_LARGE';

/** CAST AI does not answer, refuses a request, or answers what cannot be trusted. */
export class CastAiError extends SpotBlacklistError {
  /** The HTTP status of the answer, or null when there was none. */
  readonly status: number | null;

  constructor(code: CastAiCode, message: string, status: number | null) {
    super('CastAiError', code, message);
    this.status = status;
  }
}

/** CAST AI does not accept the key (401) or does not let it do this (403). */
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
  | 'CLUSTER_REGION_MISMATCH'
  | 'CLUSTER_REGION_UNKNOWN'
  | 'NO_CLUSTERS';

/** The cluster is not the one that the settings and the secret speak of, or cannot be worked on. */
export class ClusterError extends SpotBlacklistError {
  constructor(code: ClusterCode, message: string) {
    super('ClusterError', code, message);
  }
}

/** The plan would blacklist more of the region than the policy allows; nothing was written. */
export class CeilingError extends SpotBlacklistError {
  constructor(message: string) {
    super('CeilingError', 'ABOVE_CEILING', message);
  }
}

/** The run was reported, but something in it failed or was left for the next run. */
export class RunIncompleteError extends SpotBlacklistError {
  constructor(message: string) {
    super('RunIncompleteError', 'RUN_INCOMPLETE', message);
  }
}

/** A fault of this project's own. */
export class InternalError extends SpotBlacklistError {
  constructor(message: string) {
    super('InternalError', 'INTERNAL', message);
  }
}

/**
 * Makes whatever was thrown fit to be shown. Errors of this project pass as they are; of anything else only
 * the class and the places in the code are kept, because its message and its properties may hold anything.
 */
export function toSafeError(thrown: unknown): SpotBlacklistError {
  if (thrown instanceof SpotBlacklistError) return thrown;
  const kind = thrown instanceof Error ? thrown.constructor.name : typeof thrown;
  const error = new InternalError(
    `An unexpected ${kind} stopped the run, which is a fault of spot-blacklist. What is blacklisted stays so until it expires; please report this with the stack trace.`,
  );
  const frames =
    thrown instanceof Error ? (thrown.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line)) : [];
  error.stack = [`${error.name}: ${error.message}`, ...frames].join('\n');
  return error;
}

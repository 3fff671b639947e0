import type { SecretCode } from '../domain/errors.ts';
import { HOW_TO_TRUST, isUntrusted } from '../http/agents.ts';
import { plainName } from '../input/plain-text.ts';
import { isConnection, type Place, type Thrown, thrownBy } from './client.ts';

/** Why AWS cannot identify the caller. */
export interface IdentityProblem {
  readonly code: SecretCode;
  /** A sentence without its full stop. */
  readonly wrong: string;
  readonly fix: string;
}

interface Saying {
  readonly is: RegExp;
  /** `AWS_CREDENTIALS_MISSING` by default. */
  readonly code?: SecretCode;
  /** @param found what the first group matched, and @param profile the requested one */
  readonly wrong: (found: string, profile: string) => string;
  readonly fix: string;
}

const WHY = 'See why with: aws sts get-caller-identity';
const EXPORT = 'eval "$(aws configure export-credentials --format env)" && unset AWS_PROFILE';

/**
 * Messages of the SDK's credential providers at a terminal; the first match counts. Commands and their output are not
 * repeated.
 */
const SAYINGS: readonly Saying[] = [
  {
    is: /Command failed/,
    wrong: (_, profile) => `The credential_process that the AWS profile ${profile} uses failed`,
    fix: WHY,
  },
  {
    is: /Profile (\s.*|.*\s) could not be found/,
    wrong: (found) => `AWS_PROFILE begins or ends with a blank ("${found}"), and no profile is called so`,
    fix: 'Remove the blank.',
  },
  {
    is: /Profile (.+) could not be found/,
    wrong: (found) => `The AWS profile ${found} does not exist`,
    fix: 'Set AWS_PROFILE to one of: aws configure list-profiles',
  },
  {
    is: /using profile: \[(.+)\]/,
    wrong: (found, profile) =>
      found === profile
        ? `The AWS profile ${profile} has no complete credentials`
        : `The AWS profile ${found}, which ${profile} names as its source_profile, does not exist or has no credentials`,
    fix: WHY,
  },
  {
    is: /requires multi-factor authentication/,
    wrong: (_, profile) => `The AWS profile ${profile} requires an MFA code, which is not asked for here`,
    fix: `Sign in first: ${EXPORT}`,
  },
  {
    is: /credential_process (returned expired credentials)/,
    code: 'AWS_CREDENTIALS_EXPIRED',
    wrong: (found, profile) => `The credential_process that the AWS profile ${profile} uses ${found}`,
    fix: `Renew them at their source. ${WHY}`,
  },
  {
    is: /credential_process (returned invalid JSON|returned invalid credentials|did not return Version 1)/,
    wrong: (found, profile) => `The credential_process that the AWS profile ${profile} uses ${found}`,
    fix: WHY,
  },
  {
    is: /using aws login|Failed to load token/,
    code: 'AWS_CREDENTIALS_EXPIRED',
    wrong: () => 'Your AWS login has expired or you never logged in',
    fix: 'Log in with: aws login (with --profile, if you use one)',
  },
  {
    is: /sso session|expired|aws sso login/i,
    code: 'AWS_CREDENTIALS_EXPIRED',
    wrong: () => 'Your AWS login has expired or you never logged in',
    fix: 'Log in with: aws sso login (with --profile, if you use one)',
  },
  {
    is: /((?:Detected a cycle|Unsupported credential source|Profile is configured with invalid SSO)[^\n]*?)\.?$/m,
    wrong: (found) => `The AWS configuration cannot be used: ${found}`,
    fix: WHY,
  },
  {
    is: /ENOENT: .*, open '(.+)'/,
    wrong: (found) => `The file ${found}, which the AWS configuration names, does not exist`,
    fix: 'Check web_identity_token_file in the profile, or AWS_WEB_IDENTITY_TOKEN_FILE.',
  },
];

const NONE_IN_LAMBDA: IdentityProblem = {
  code: 'AWS_CREDENTIALS_MISSING',
  wrong: 'The function has no AWS credentials',
  fix: 'Check that it has a role, and that its environment does not override AWS_ACCESS_KEY_ID.',
};

const NONE_AT_TERMINAL: IdentityProblem = {
  code: 'AWS_CREDENTIALS_MISSING',
  wrong: 'No AWS credentials were found',
  fix: 'Set AWS_PROFILE to a profile of: aws configure list-profiles (or log in: aws sso login)',
};

type Environment = Readonly<Record<string, string | undefined>>;

/** @returns a logger for an SDK client, which collects the messages of its credential providers in `said` */
export function listener(said: string[]) {
  return {
    debug: (text: unknown) => void said.push(String(text)),
    ...{ info: () => {}, warn: () => {}, error: () => {} },
  };
}

/**
 * Gets credentials before the first request, so that a failure to get them is not taken for a problem of the service.
 *
 * @param said from the client's `listener`: the chain of providers throws only that none of them has credentials
 * @returns null if there are credentials
 */
export async function signIn(
  client: { readonly config: { credentials(): Promise<unknown> } },
  said: readonly string[],
  place: Place,
  environment: Environment = process.env,
): Promise<IdentityProblem | null> {
  try {
    await client.config.credentials();
    return null;
  } catch (error) {
    if (place === 'lambda') return NONE_IN_LAMBDA;
    const thrown = thrownBy(error);
    const isChain = thrown.message.startsWith('Could not load credentials from any providers');
    return problemOf(thrown, isChain ? said.join('\n') : thrown.message, environment);
  }
}

/** What is wrong at a terminal. */
function problemOf(thrown: Thrown, said: string, environment: Environment): IdentityProblem {
  const refused = identityProblem(thrown, 'terminal');
  if (refused !== null) return refused;
  const profile = environment['AWS_PROFILE'] || 'default';
  if (profile === 'default' && said.includes('using profile: [default]')) {
    const keys = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY'].filter((name) => environment[name]);
    if (keys.length === 0) return NONE_AT_TERMINAL;
    const wrong = `Of the AWS keys, only ${keys.join()} is set`;
    return { ...NONE_AT_TERMINAL, wrong, fix: 'Set both, or neither.' };
  }
  for (const { is, code = 'AWS_CREDENTIALS_MISSING', wrong, fix } of SAYINGS) {
    const [found, name = ''] = is.exec(said) ?? [];
    if (found !== undefined) return { code, wrong: wrong(plainName(name), plainName(profile)), fix };
  }
  const unreachable = (wrong: string, fix: string) => ({ code: 'SECRET_UNREACHABLE' as const, wrong, fix });
  if (isUntrusted(thrown.code))
    return unreachable(`The TLS certificate presented for ${ISSUER} is not trusted`, HOW_TO_TRUST);
  if (isConnection(thrown))
    return unreachable(
      `Could not connect to ${ISSUER}`,
      `Check the network. Behind a proxy, sign in first: ${EXPORT}`,
    );
  const wrong = `The credentials of the AWS profile ${plainName(profile)} could not be loaded`;
  return { code: 'AWS_CREDENTIALS_MISSING', wrong, fix: WHY };
}

const ISSUER = 'the AWS service that issues the credentials (STS or IAM Identity Center)';

const EXPIRED = ['ExpiredTokenException', 'ExpiredToken', 'TokenRefreshRequired'];

const REJECTED = [
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'IncompleteSignature',
  'NotAuthorized',
  'OptInRequired',
  'RequestExpired',
];

/** @returns the problem if a service does not accept the credentials themselves; null for any other error */
export function identityProblem({ name, code }: Thrown, place: Place): IdentityProblem | null {
  const inLambda = place === 'lambda';
  if (EXPIRED.includes(name))
    return {
      code: 'AWS_CREDENTIALS_EXPIRED',
      wrong: inLambda ? "The role's session has expired" : 'Your AWS credentials have expired',
      fix: inLambda
        ? 'Lambda renews it; the next run tries again.'
        : 'Renew them where they come from, such as: aws sso login (with --profile, if you use one)',
    };
  // From STS, which issues a role's session.
  if (name === 'AccessDenied')
    return {
      code: 'AWS_CREDENTIALS_REJECTED',
      wrong: "The AWS profile's role may not be assumed",
      fix: 'Check role_arn and source_profile with: aws sts get-caller-identity',
    };
  // Node.js's code for a line break in a key, which is sent in a header.
  if (REJECTED.includes(name) || code === 'ERR_INVALID_CHAR')
    return {
      code: 'AWS_CREDENTIALS_REJECTED',
      wrong: `AWS does not accept the ${inLambda ? "role's credentials" : 'AWS credentials'}`,
      fix: inLambda
        ? 'Check that the region is enabled for the account; the next run tries again.'
        : "Check them with: aws sts get-caller-identity (and the machine's clock, and AWS_REGION)",
    };
  if (name === 'MissingAuthenticationTokenException') return inLambda ? NONE_IN_LAMBDA : NONE_AT_TERMINAL;
  return null;
}

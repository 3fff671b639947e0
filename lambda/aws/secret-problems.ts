import { type SecretCode, SecretError } from '../domain/errors.ts';
import { HOW_TO_TRUST, isUntrusted } from '../http/trust.ts';

/** Where the secret is read, which decides the advice: a function has a role, a terminal has a login. */
export type Place = 'lambda' | 'terminal';

/** The parts of the SDK's error that are examined. None is ever shown: the error holds the request and the response. */
interface Thrown {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

interface Cause {
  readonly code: SecretCode;
  readonly is: (thrown: Thrown) => boolean;
  /** What is wrong, and the command that fixes it. */
  readonly says: (secretId: string, place: Place) => string;
}

const TEMPLATE = '{"api-key":"…","org-id":"…","cluster-id":"…"}';

const named =
  (...names: string[]) =>
  ({ name }: Thrown) =>
    names.includes(name);
const coded = (pattern: RegExp) => (thrown: Thrown) => pattern.test(thrown.code);
const inLambda = (place: Place) => place === 'lambda';

/** The first match counts. AWS distinguishes some causes only by message. */
const CAUSES: readonly Cause[] = [
  {
    code: 'SECRET_WITHOUT_VALUE',
    is: (thrown) => thrown.name === 'ResourceNotFoundException' && /staging label/i.test(thrown.message),
    says: (secretId) =>
      `The secret ${secretId} exists but has no value yet. Put ${TEMPLATE} into a file castai.json and run: aws secretsmanager put-secret-value --secret-id ${secretId} --secret-string file://castai.json`,
  },
  {
    code: 'SECRET_NOT_FOUND',
    is: named('ResourceNotFoundException'),
    says: (secretId, place) =>
      `The secret ${secretId} does not exist in this account and region. Put ${TEMPLATE} into a file castai.json and run: aws secretsmanager create-secret --name ${nameIn(secretId)} --secret-string file://castai.json${inLambda(place) ? '' : ' (or, if it is elsewhere, set AWS_PROFILE and AWS_REGION)'}`,
  },
  {
    code: 'SECRET_DELETED',
    is: (thrown) => thrown.name === 'InvalidRequestException' && /delet/i.test(thrown.message),
    says: (secretId) =>
      `The secret ${secretId} is scheduled for deletion. Restore it with: aws secretsmanager restore-secret --secret-id ${secretId}`,
  },
  {
    code: 'SECRET_REFUSED',
    is: named('InvalidRequestException', 'InvalidParameterException', 'ValidationException'),
    says: (secretId) =>
      `Secrets Manager refuses to return the secret ${secretId}. Check SECRET_ID against: aws secretsmanager list-secrets --query 'SecretList[].Name'`,
  },
  {
    code: 'SECRET_UNDECRYPTABLE',
    is: (thrown) =>
      thrown.name === 'DecryptionFailure' ||
      (thrown.name === 'AccessDeniedException' && /access to kms/i.test(thrown.message)),
    says: (secretId, place) =>
      `The secret ${secretId} cannot be decrypted. Allow ${inLambda(place) ? "the function's role (kmsKeyArn in cdk.json)" : 'your AWS identity'} kms:Decrypt on the secret's KMS key.`,
  },
  {
    code: 'SECRET_ACCESS_DENIED',
    is: named('AccessDeniedException'),
    says: (secretId, place) =>
      `${inLambda(place) ? 'The function' : 'Your AWS identity'} may not read the secret ${secretId}. Allow ${inLambda(place) ? 'its role' : 'it'} secretsmanager:GetSecretValue on the secret (and kms:Decrypt, if the secret has a KMS key of your own).`,
  },
  {
    code: 'AWS_CREDENTIALS_EXPIRED',
    is: (thrown) =>
      named('ExpiredTokenException', 'ExpiredToken', 'TokenRefreshRequired')(thrown) ||
      (isProviderError(thrown) && /sso session|expired|re-authenticate|aws sso login/i.test(thrown.message)),
    says: (_, place) =>
      inLambda(place)
        ? "The role's session has expired, so the secret was not read. Lambda renews it; the next run tries again."
        : 'Your AWS login has expired or you never logged in, so the secret was not read. Log in with: aws sso login (with --profile, if you use one)',
  },
  {
    code: 'AWS_CREDENTIALS_MISSING',
    is: (thrown) => isProviderError(thrown) || thrown.name === 'MissingAuthenticationTokenException',
    says: (_, place) =>
      inLambda(place)
        ? 'The function has no AWS credentials, so the secret was not read. Check that it has a role, and that its environment does not override AWS_ACCESS_KEY_ID.'
        : 'No AWS credentials were found, so the secret was not read. Set AWS_PROFILE to a profile of: aws configure list-profiles (or log in: aws sso login)',
  },
  {
    code: 'AWS_CREDENTIALS_REJECTED',
    // From STS, which issues a role's session, not from Secrets Manager.
    is: named('AccessDenied'),
    says: () =>
      "The AWS profile's role may not be assumed, so the secret was not read. Check role_arn and source_profile with: aws sts get-caller-identity",
  },
  {
    code: 'AWS_CREDENTIALS_REJECTED',
    is: named(
      'UnrecognizedClientException',
      'InvalidClientTokenId',
      'InvalidSignatureException',
      'SignatureDoesNotMatch',
      'IncompleteSignature',
      'NotAuthorized',
      'OptInRequired',
      'RequestExpired',
    ),
    says: (_, place) =>
      `AWS does not accept the ${inLambda(place) ? "role's credentials" : 'AWS credentials'}, so the secret was not read. ${inLambda(place) ? 'Check that the region is enabled for the account; the next run tries again.' : "Check them with: aws sts get-caller-identity (and the machine's clock, and AWS_REGION)"}`,
  },
  {
    code: 'AWS_REGION_MISSING',
    is: (thrown) => thrown.name === 'Error' && /^Region (is missing|not accepted)/.test(thrown.message),
    says: () =>
      'No usable AWS region is set, so the secret was not read. Set it with: export AWS_REGION=us-east-1 (the region of the secret)',
  },
  {
    code: 'SECRET_UNREACHABLE',
    is: coded(/^(ENOTFOUND|EAI_AGAIN)$/),
    says: (secretId, place) =>
      `The address of Secrets Manager could not be resolved, so the secret ${secretId} was not read. ${inLambda(place) ? 'If the function is in a VPC, give it an endpoint for secretsmanager or a NAT gateway; the next run tries again.' : 'Check AWS_REGION and the network (behind a proxy: HTTPS_PROXY).'}`,
  },
  {
    code: 'SECRET_UNREACHABLE',
    is: ({ code }) => isUntrusted(code),
    says: (secretId) =>
      `The TLS certificate presented for Secrets Manager is not trusted, so the secret ${secretId} was not read. ${HOW_TO_TRUST}`,
  },
  {
    code: 'SECRET_UNREACHABLE',
    is: coded(/^(ERR_PROXY_TUNNEL|EPROTO)$/),
    says: (secretId) =>
      `The proxy in HTTPS_PROXY could not connect to Secrets Manager, so the secret ${secretId} was not read. Check its address, its credentials and NO_PROXY.`,
  },
  {
    code: 'SECRET_UNREACHABLE',
    is: (thrown) =>
      coded(/^(ECONN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE)/)(thrown) ||
      named('TimeoutError', 'AbortError')(thrown),
    says: (secretId, place) =>
      `Could not connect to Secrets Manager, so the secret ${secretId} was not read. ${inLambda(place) ? 'If the function is in a VPC, give it an endpoint for secretsmanager or a NAT gateway; the next run tries again.' : 'Check the network (behind a proxy: HTTPS_PROXY).'}`,
  },
];

/** Everything else: an outage of AWS, throttling, an unreadable response. */
const UNKNOWN: Omit<Cause, 'is'> = {
  code: 'SECRET_UNREACHABLE',
  says: (secretId, place) =>
    `Secrets Manager did not return the secret ${secretId}. ${inLambda(place) ? 'The next run tries again; if the problem persists, check the AWS Health Dashboard.' : `Try again, or check with: aws secretsmanager describe-secret --secret-id ${secretId}`}`,
};

/** @returns the name in an ARN, or the text itself: a secret is created by name */
function nameIn(secretId: string): string {
  return /:secret:(.+?)(-\w{6})?$/.exec(secretId)?.[1] ?? secretId;
}

function isProviderError({ name }: Thrown): boolean {
  return name === 'CredentialsProviderError' || name === 'TokenProviderError';
}

/**
 * @param error whatever the SDK threw
 * @param secretId the secret's name or ARN
 * @returns this project's error for it, with the fix for that place
 */
export function secretProblem(error: unknown, secretId: string, place: Place): SecretError {
  const { name, code, message } = (error ?? {}) as Partial<Record<keyof Thrown, unknown>>;
  const thrown = { name: String(name), code: String(code), message: String(message) };
  const cause = CAUSES.find(({ is }) => is(thrown)) ?? UNKNOWN;
  return new SecretError(cause.code, cause.says(secretId, place));
}

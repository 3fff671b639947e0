import { type SecretCode, SecretError } from '../domain/errors.ts';
import { HOW_TO_TRUST, isUntrusted } from '../http/agents.ts';
import { plainName } from '../input/plain-text.ts';
import {
  type IdentityProblem,
  isConnection,
  type Place,
  refusedIdentity,
  type Thrown,
  thrownBy,
} from './sign-in.ts';

interface Cause {
  readonly code: SecretCode;
  readonly is: (thrown: Thrown) => boolean;
  /** What is wrong, and the command that fixes it. */
  readonly says: (secretId: string, place: Place, thrown: Thrown) => string;
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
      `The secret ${secretId} exists but has no value yet. Put ${TEMPLATE} into a file castai.json and run: aws secretsmanager put-secret-value --secret-id ${inCommand(secretId)} --secret-string file://castai.json`,
  },
  {
    code: 'SECRET_NOT_FOUND',
    is: named('ResourceNotFoundException'),
    says: (secretId, place) =>
      `The secret ${secretId} does not exist in this account and region. Put ${TEMPLATE} into a file castai.json and run: aws secretsmanager create-secret --name ${inCommand(secretId, nameIn(secretId))} --secret-string file://castai.json${inLambda(place) ? '' : ` (or, if it is elsewhere, set AWS_PROFILE and ${regionSource(secretId)})`}`,
  },
  {
    code: 'SECRET_DELETED',
    is: (thrown) => thrown.name === 'InvalidRequestException' && /delet/i.test(thrown.message),
    says: (secretId) =>
      `The secret ${secretId} is scheduled for deletion. Restore it with: aws secretsmanager restore-secret --secret-id ${inCommand(secretId)}`,
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
    code: 'AWS_REGION_MISSING',
    is: ({ message }) => /^Region not accepted/.test(message),
    says: (_, __, { message }) =>
      `The AWS region "${plainName(/region="(.*)"/s.exec(message)?.[1] ?? '')}" is not the name of a region, so the secret was not read. Correct AWS_REGION, or region in the AWS profile.`,
  },
  {
    code: 'AWS_REGION_MISSING',
    is: ({ message }) => /^Region is missing/.test(message),
    says: () =>
      'No AWS region is set, so the secret was not read. Set it with: export AWS_REGION=us-east-1 (the region of the secret)',
  },
  {
    code: 'SECRET_UNREACHABLE',
    is: coded(/^(ENOTFOUND|EAI_AGAIN)$/),
    says: (secretId, place) =>
      `The address of Secrets Manager could not be resolved, so the secret ${secretId} was not read. ${inLambda(place) ? 'If the function is in a VPC, give it an endpoint for secretsmanager or a NAT gateway; the next run tries again.' : `Check ${regionSource(secretId)} and the network (behind a proxy: HTTPS_PROXY).`}`,
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
    is: isConnection,
    says: (secretId, place) =>
      `Could not connect to Secrets Manager, so the secret ${secretId} was not read. ${inLambda(place) ? 'If the function is in a VPC, give it an endpoint for secretsmanager or a NAT gateway; the next run tries again.' : 'Check the network (behind a proxy: HTTPS_PROXY).'}`,
  },
];

/** Everything else: an outage of AWS, throttling, an unreadable response. */
const UNKNOWN: Omit<Cause, 'is'> = {
  code: 'SECRET_UNREACHABLE',
  says: (secretId, place) =>
    `Secrets Manager did not return the secret ${secretId}. ${inLambda(place) ? 'The next run tries again; if the problem persists, check the AWS Health Dashboard.' : `Try again, or check with: aws secretsmanager describe-secret --secret-id ${inCommand(secretId)}`}`,
};

/** @returns the region of a secret that is given by its ARN; undefined for a name */
export function regionIn(secretId: string): string | undefined {
  return /^arn:[\w-]+:secretsmanager:([a-z0-9-]+):/.exec(secretId)?.[1];
}

function regionSource(secretId: string): string {
  return regionIn(secretId) === undefined ? 'AWS_REGION' : 'the region in its ARN';
}

/** @returns a name or an ARN for a command of the AWS CLI, which does not take the region from an ARN */
export function inCommand(secretId: string, name = secretId): string {
  const region = regionIn(secretId);
  return region === undefined ? name : `${name} --region ${region}`;
}

/** @returns the name in an ARN, or the text itself: a secret is created by name */
function nameIn(secretId: string): string {
  return /:secret:(.+?)(-\w{6})?$/.exec(secretId)?.[1] ?? secretId;
}

/**
 * @param error whatever the SDK threw
 * @param secretId the secret's name or ARN
 * @returns this project's error for it, with the fix for that place
 */
export function secretProblem(error: unknown, secretId: string, place: Place): SecretError {
  const thrown = thrownBy(error);
  const refused = refusedIdentity(thrown, place);
  if (refused !== null) return unread(refused);
  const cause = CAUSES.find(({ is }) => is(thrown)) ?? UNKNOWN;
  return new SecretError(cause.code, cause.says(secretId, place, thrown));
}

/** @returns the error for a secret that was not asked for, because AWS does not know who asks */
export function unread({ code, wrong, fix }: IdentityProblem): SecretError {
  return new SecretError(code, `${wrong}, so the secret was not read. ${fix}`);
}

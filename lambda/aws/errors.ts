import { HOW_TO_TRUST, isUntrusted } from '../http/agents.ts';
import { isRecord } from '../input/json.ts';
import { plainName } from '../input/plain-text.ts';
import { isConnection, type Place, type Thrown, thrownBy } from './client.ts';

const named = (names: RegExp) => (thrown: Thrown) => names.test(thrown.name);
const coded = (codes: RegExp) => (thrown: Thrown) => codes.test(thrown.code);
const says = (words: RegExp) => (thrown: Thrown) => words.test(thrown.message);

/** The kinds of AWS errors, and how to recognize them; the first match counts. Some differ only by their message. */
const KINDS = {
  withoutValue: (thrown) => named(/^ResourceNotFoundException$/)(thrown) && says(/staging label/i)(thrown),
  missing: named(
    /^(ResourceNotFoundException|QueueDoesNotExist|AWS\.SimpleQueueService\.NonExistentQueue|InvalidAddress|InvalidArgument)$/,
  ),
  deleted: (thrown) => named(/^InvalidRequestException$/)(thrown) && says(/delet/i)(thrown),
  invalid: named(/^(InvalidRequest|InvalidParameter|Validation)Exception$/),
  undecryptable: (thrown) =>
    named(/^DecryptionFailure$/)(thrown) ||
    (named(/^AccessDeniedException$/)(thrown) && says(/access to kms/i)(thrown)),
  denied: named(/^(Client\.)?(AccessDenied|UnauthorizedOperation|NotAuthorizedFor)/),
  throttled: named(/^(RequestLimitExceeded|Throttl|TooManyRequests|BandwidthLimitExceeded)/),
  unidentified: named(
    /^(ExpiredToken|RequestExpired|AuthFailure|TokenRefreshRequired|InvalidClientTokenId|MissingAuthenticationToken|SignatureDoesNotMatch|UnrecognizedClient)/,
  ),
  misnamedRegion: says(/^Region not accepted/),
  withoutRegion: says(/^Region is missing/),
  untrusted: ({ code }) => isUntrusted(code),
  unresolved: coded(/^(ENOTFOUND|EAI_AGAIN)$/),
  proxy: coded(/^(ERR_PROXY_TUNNEL|EPROTO)$/),
  unreachable: isConnection,
  /** An outage of AWS, throttling, an unreadable response, or anything else. */
  failed: () => true,
} as const satisfies Readonly<Record<string, (thrown: Thrown) => boolean>>;

export type ErrorKind = keyof typeof KINDS;

/** The kind whose sentence applies if a service has none for a kind. */
const BROADER: Partial<Readonly<Record<ErrorKind, ErrorKind>>> = {
  withoutValue: 'missing',
  deleted: 'invalid',
  invalid: 'missing',
  undecryptable: 'denied',
  misnamedRegion: 'withoutRegion',
  unresolved: 'unreachable',
  proxy: 'unreachable',
};

/** @param thrown whatever the SDK threw */
export function kindOf(thrown: unknown): ErrorKind {
  const parts = thrownBy(thrown);
  const kinds = Object.keys(KINDS) as ErrorKind[];
  return kinds.find((kind) => KINDS[kind](parts)) ?? 'failed';
}

/** @returns whether a later request may succeed without anyone's help: no response, too many requests, an outage */
export function isPassing(thrown: unknown): boolean {
  const status =
    isRecord(thrown) && isRecord(thrown['$metadata']) ? thrown['$metadata']['httpStatusCode'] : 0;
  const kind = kindOf(thrown);
  return kind === 'throttled' || (BROADER[kind] ?? kind) === 'unreachable' || Number(status) >= 500;
}

/** What was requested: the bus, the region of the figures, or the secret. */
interface Requested {
  readonly name: string;
  /** The name for a command of the AWS CLI, with the region that it needs. */
  readonly inCommand?: string;
  /** The setting that determines its region. */
  readonly regionSource?: string;
  readonly place?: Place;
}

type Sentence = (requested: Requested, thrown: Thrown) => string;
type Sentences = Partial<Readonly<Record<ErrorKind, Sentence>>> & { readonly failed: Sentence };

export const SECRET_TEMPLATE = '{"api-key":"…","org-id":"…","cluster-id":"…"}';

const isAtTerminal = ({ place }: Requested) => place === 'terminal';
const vpcOf = (service: string) =>
  `If the function is in a VPC, give it an endpoint for ${service} or a NAT gateway`;
const untrusted = (service: string) => `The TLS certificate presented for ${service} is not trusted`;

/** What is wrong and what to do, by service and kind. */
const SENTENCES = {
  events: {
    denied: ({ name }) =>
      `The function may not put events on the bus ${name}. Allow its role events:PutEvents there, and check the bus's policy.`,
    missing: ({ name }) =>
      `EventBridge does not take events for the bus ${name}. Check EVENT_BUS against: aws events list-event-buses`,
    untrusted: () => `${untrusted('EventBridge')}. ${HOW_TO_TRUST}`,
    unreachable: () => `EventBridge could not be reached in time. ${vpcOf('events')}.`,
    failed: () =>
      'EventBridge did not take the event. The next run sends its own; if this persists, check the AWS Health Dashboard.',
  },
  /** Parts of sentences that follow a colon. */
  figures: {
    denied: () =>
      'the AWS identity may not read EC2 Capacity Manager. Allow it ec2:GetCapacityManagerMetricData and ec2:GetCapacityManagerAttributes; cdk deploy does that if ownEvidence is in cdk.json.',
    throttled: () =>
      'EC2 Capacity Manager asks for fewer requests. The next run tries again; if this persists, run targets at different minutes.',
    unidentified: () =>
      'there are no AWS credentials that AWS accepts. Check them with: aws sts get-caller-identity (in a terminal, log in with: aws sso login).',
    withoutRegion: () =>
      'no usable AWS region is set. Set OWN_EVIDENCE_REGION to the region where EC2 Capacity Manager is enabled.',
    untrusted: () => `the TLS certificate presented for EC2 Capacity Manager is not trusted. ${HOW_TO_TRUST}`,
    unreachable: ({ name }) =>
      `EC2 Capacity Manager in ${name} did not respond in time. Check the region and the connection (behind a proxy: HTTPS_PROXY; in a VPC: an endpoint for ec2 or a NAT gateway); the next run tries again.`,
    failed: ({ name }) =>
      `EC2 Capacity Manager in ${name} did not return a valid response. Check that it is enabled: aws ec2 get-capacity-manager-attributes --region ${name}`,
  },
  secret: {
    withoutValue: ({ name, inCommand }) =>
      `The secret ${name} exists but has no value yet. Put ${SECRET_TEMPLATE} into a file castai.json and run: aws secretsmanager put-secret-value --secret-id ${inCommand} --secret-string file://castai.json`,
    missing: (secret) =>
      `The secret ${secret.name} does not exist in this account and region. Put ${SECRET_TEMPLATE} into a file castai.json and run: aws secretsmanager create-secret --name ${nameInArn(secret)} --secret-string file://castai.json${isAtTerminal(secret) ? ` (or, if it is elsewhere, set AWS_PROFILE and ${secret.regionSource})` : ''}`,
    deleted: ({ name, inCommand }) =>
      `The secret ${name} is scheduled for deletion. Restore it with: aws secretsmanager restore-secret --secret-id ${inCommand}`,
    invalid: ({ name }) =>
      `Secrets Manager refuses to return the secret ${name}. Check SECRET_ID against: aws secretsmanager list-secrets --query 'SecretList[].Name'`,
    undecryptable: (secret) =>
      `The secret ${secret.name} cannot be decrypted. Allow ${isAtTerminal(secret) ? 'your AWS identity' : "the function's role (kmsKeyArn in cdk.json)"} kms:Decrypt on the secret's KMS key.`,
    denied: (secret) =>
      `${isAtTerminal(secret) ? 'Your AWS identity' : 'The function'} may not read the secret ${secret.name}. Allow ${isAtTerminal(secret) ? 'it' : 'its role'} secretsmanager:GetSecretValue on the secret (and kms:Decrypt, if the secret has a KMS key of your own).`,
    misnamedRegion: (_, { message }) =>
      `The AWS region "${plainName(/region="(.*)"/s.exec(message)?.[1] ?? '')}" is not the name of a region, so the secret was not read. Correct AWS_REGION, or region in the AWS profile.`,
    withoutRegion: () =>
      'No AWS region is set, so the secret was not read. Set it with: export AWS_REGION=us-east-1 (the region of the secret)',
    unresolved: (secret) =>
      `The address of Secrets Manager could not be resolved, so the secret ${secret.name} was not read. ${isAtTerminal(secret) ? `Check ${secret.regionSource} and the network (behind a proxy: HTTPS_PROXY).` : `${vpcOf('secretsmanager')}; the next run tries again.`}`,
    untrusted: ({ name }) =>
      `${untrusted('Secrets Manager')}, so the secret ${name} was not read. ${HOW_TO_TRUST}`,
    proxy: ({ name }) =>
      `The proxy in HTTPS_PROXY could not connect to Secrets Manager, so the secret ${name} was not read. Check its address, its credentials and NO_PROXY.`,
    unreachable: (secret) =>
      `Could not connect to Secrets Manager, so the secret ${secret.name} was not read. ${isAtTerminal(secret) ? 'Check the network (behind a proxy: HTTPS_PROXY).' : `${vpcOf('secretsmanager')}; the next run tries again.`}`,
    failed: (secret) =>
      `Secrets Manager did not return the secret ${secret.name}. ${isAtTerminal(secret) ? `Try again, or check with: aws secretsmanager describe-secret --secret-id ${secret.inCommand}` : 'The next run tries again; if the problem persists, check the AWS Health Dashboard.'}`,
  },
} as const satisfies Readonly<Record<string, Sentences>>;

/**
 * Only the kind of AWS's error is reported, in this project's words: its texts contain the request.
 *
 * @param thrown whatever the SDK threw
 */
export function problemWith(service: keyof typeof SENTENCES, requested: Requested, thrown: unknown): string {
  const sentences: Sentences = SENTENCES[service];
  let kind: ErrorKind | undefined = kindOf(thrown);
  while (kind !== undefined && sentences[kind] === undefined) kind = BROADER[kind];
  return (sentences[kind ?? 'failed'] ?? sentences.failed)(requested, thrownBy(thrown));
}

/** A secret is created by name, in the region of its ARN. */
function nameInArn({ name, inCommand = name }: Requested): string {
  const [, short = name] = /:secret:(.+?)(-\w{6})?$/.exec(name) ?? [];
  return inCommand.replace(name, () => short);
}

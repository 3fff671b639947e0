/** Why EC2 Capacity Manager's figures were not read to their end, apart from AWS's own errors. */
export class EndlessPages extends Error {}

/** The parts of an error that are examined. None is ever shown: AWS's texts contain the request. */
interface Thrown {
  readonly name: string;
  readonly code: string;
  readonly message: string;
}

interface Cause {
  readonly is: (thrown: Thrown) => boolean;
  /** What is wrong, and what to do, in sentences that follow "so AWS's bands decide:". */
  readonly says: (region: string) => string;
}

const named =
  (names: RegExp) =>
  ({ name }: Thrown) =>
    names.test(name);

const enable = (region: string) =>
  `Enable it with: aws ec2 enable-capacity-manager --region ${region} (once, in one region for all; first figures come after some hours). If it is enabled in another region, set OWN_EVIDENCE_REGION to that.`;

/** The first match counts. Which error AWS gives where it is not enabled is not documented. */
const CAUSES: readonly Cause[] = [
  {
    is: named(/^(UnauthorizedOperation|AccessDenied|Client\.UnauthorizedOperation)/),
    says: () =>
      'the AWS identity may not read EC2 Capacity Manager. Allow it ec2:GetCapacityManagerMetricData; cdk deploy does that if ownEvidence is in cdk.json.',
  },
  {
    is: named(/NotEnabled|Disabled|OptInRequired|UnsupportedOperation|IncorrectState|InvalidState|NotFound/),
    says: (region) => `EC2 Capacity Manager is not enabled in ${region}. ${enable(region)}`,
  },
  {
    is: named(/^(RequestLimitExceeded|Throttl|TooManyRequests|BandwidthLimitExceeded)/),
    says: () =>
      'EC2 Capacity Manager asks for fewer requests. The next run tries again; if this persists, run targets at different minutes.',
  },
  {
    is: named(
      /^(ExpiredToken|RequestExpired|AuthFailure|CredentialsProviderError|TokenProviderError|TokenRefreshRequired|InvalidClientTokenId|MissingAuthenticationToken|SignatureDoesNotMatch|UnrecognizedClient)/,
    ),
    says: () =>
      'there are no AWS credentials that AWS accepts. Check them with: aws sts get-caller-identity (in a terminal, log in with: aws sso login).',
  },
  {
    is: ({ message }) => /^Region (is missing|not accepted)/.test(message),
    says: () =>
      'no usable AWS region is set. Set OWN_EVIDENCE_REGION to the region where EC2 Capacity Manager is enabled.',
  },
  {
    is: (thrown) => named(/^(TimeoutError|AbortError)$/)(thrown) || /^(E[A-Z_]+)$/.test(thrown.code),
    says: () =>
      'EC2 Capacity Manager did not answer in time. If the function is in a VPC, give it an endpoint for ec2 or a NAT gateway; otherwise the next run tries again.',
  },
];

/** Everything else: an outage of AWS, an unreadable response, a request that is not accepted. */
const UNKNOWN = (region: string) =>
  `EC2 Capacity Manager in ${region} did not return figures. Check that it is enabled: aws ec2 get-capacity-manager-attributes --region ${region}`;

/**
 * @param thrown whatever the SDK threw
 * @param region where EC2 Capacity Manager was asked
 */
export function problemOf(thrown: unknown, region: string): string {
  const { name, code, message } = (thrown ?? {}) as Partial<Record<keyof Thrown, unknown>>;
  const known = { name: String(name), code: String(code), message: String(message) };
  const endless =
    thrown instanceof EndlessPages
      ? 'EC2 Capacity Manager returned more figures than a run reads. Set OWN_EVIDENCE_DAYS to fewer days.'
      : null;
  const says = endless ?? (CAUSES.find(({ is }) => is(known))?.says ?? UNKNOWN)(region);
  return `Own evidence could not be read, so AWS's bands decide: ${says}`;
}

/** There are no figures at all for what was asked. */
export function noFigures(
  region: string,
  of: { regions: readonly string[]; os: string; days: number },
): string {
  const days = of.days === 1 ? 'the last whole day' : `the last ${of.days} whole days`;
  return `EC2 Capacity Manager in ${region} has no figures about Spot machines of ${of.regions.join(', ')}, ${of.os}, in ${days} (UTC), so AWS's bands decide. ${enable(region)}`;
}

/** @param problems parts of a sentence */
export function untrusted(problems: readonly string[]): string {
  return `Some figures about your own machines do not count, and AWS's bands decide there: ${problems.join('; ')}. If this persists, compare them with the Spot page of EC2 Capacity Manager's console, and report it.`;
}

/** The interruptions could only be counted by day. */
export const COARSE =
  'The hours of your own interruptions could not be read, so several on one day count as one; the next run tries again.';

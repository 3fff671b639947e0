import type { GetCapacityManagerAttributesResult } from '@aws-sdk/client-ec2';
import { shortList } from '../domain/words.ts';
import { HOW_TO_TRUST, isUntrusted } from '../http/agents.ts';
import { isRecord } from '../input/json.ts';
import type { Days } from './metric-points.ts';
import { type IdentityProblem, type Thrown, thrownBy } from './sign-in.ts';

/** Why EC2 Capacity Manager's figures were not read to their end, apart from AWS's own errors. */
export class EndlessPages extends Error {}

interface Cause {
  readonly is: (thrown: Thrown) => boolean;
  /** What is wrong, and what to do, in sentences that follow a colon. */
  readonly says: (region: string) => string;
  /** Whether the next reading may succeed although nobody does anything. */
  readonly isPassing?: true;
}

const named =
  (names: RegExp) =>
  ({ name }: Thrown) =>
    names.test(name);

/** The first match counts. */
const CAUSES: readonly Cause[] = [
  {
    is: named(/^(UnauthorizedOperation|AccessDenied|Client\.UnauthorizedOperation)/),
    says: () =>
      'the AWS identity may not read EC2 Capacity Manager. Allow it ec2:GetCapacityManagerMetricData and ec2:GetCapacityManagerAttributes; cdk deploy does that if ownEvidence is in cdk.json.',
  },
  {
    is: named(/^(RequestLimitExceeded|Throttl|TooManyRequests|BandwidthLimitExceeded)/),
    isPassing: true,
    says: () =>
      'EC2 Capacity Manager asks for fewer requests. The next run tries again; if this persists, run targets at different minutes.',
  },
  {
    is: named(
      /^(ExpiredToken|RequestExpired|AuthFailure|TokenRefreshRequired|InvalidClientTokenId|MissingAuthenticationToken|SignatureDoesNotMatch|UnrecognizedClient)/,
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
    is: ({ code }) => isUntrusted(code),
    says: () => `the TLS certificate presented for EC2 Capacity Manager is not trusted. ${HOW_TO_TRUST}`,
  },
  {
    is: (thrown) => named(/^(TimeoutError|AbortError)$/)(thrown) || /^(E[A-Z_]+)$/.test(thrown.code),
    isPassing: true,
    says: (region) =>
      `EC2 Capacity Manager in ${region} did not respond in time. Check the region and the connection (behind a proxy: HTTPS_PROXY; in a VPC: an endpoint for ec2 or a NAT gateway); the next run tries again.`,
  },
];

/** Everything else: an outage of AWS, an unreadable response, a request that is not accepted. */
const UNKNOWN = (region: string) =>
  `EC2 Capacity Manager in ${region} did not return a valid response. Check that it is enabled: aws ec2 get-capacity-manager-attributes --region ${region}`;

/**
 * @param thrown whatever the SDK threw
 * @param region where EC2 Capacity Manager was asked
 * @returns a warning, and whether the next reading may succeed although nobody does anything
 */
function causeOf(thrown: unknown, region: string): string {
  if (thrown instanceof EndlessPages)
    return 'EC2 Capacity Manager returned more figures than a run reads. Set OWN_EVIDENCE_DAYS to fewer days.';
  const known = thrownBy(thrown);
  return (CAUSES.find(({ is }) => is(known))?.says ?? UNKNOWN)(region);
}

/** @returns whether another reading may succeed although no one does anything: no response, too many requests, or an outage */
export function isPassing(thrown: unknown): boolean {
  const status =
    isRecord(thrown) && isRecord(thrown['$metadata']) ? thrown['$metadata']['httpStatusCode'] : 0;
  const known = thrownBy(thrown);
  return CAUSES.find(({ is }) => is(known))?.isPassing ?? Number(status) >= 500;
}

const NOT_READ = "Own evidence could not be read, so AWS's bands decide: ";

/** No figures could be read. The parameters are those of {@link causeOf}. */
export function problemOf(thrown: unknown, region: string): string {
  return NOT_READ + causeOf(thrown, region);
}

/** AWS does not know who asks. */
export function unread({ wrong, fix }: IdentityProblem): string {
  return `Own evidence could not be read, so AWS's bands decide. ${wrong}. ${fix}`;
}

/** The figures were read, but not from when to when they are complete. */
export function unbounded(thrown: unknown, region: string): string {
  return `Whether EC2 Capacity Manager's figures are complete could not be read, so those of all whole days count: ${causeOf(thrown, region)}`;
}

/** The interruptions of some types could only be counted by day. */
export function coarse(types: readonly string[], thrown: unknown, region: string): string {
  return `The hours of your own interruptions of ${shortList(types)} could not be read, so several on one day count as one: ${causeOf(thrown, region)}`;
}

/** @returns why what EC2 Capacity Manager says of itself means that it has no figures; null if it does not */
export function statusProblem(
  { CapacityManagerStatus: status, IngestionStatus: ingestion }: GetCapacityManagerAttributesResult,
  region: string,
): string | null {
  const enable = `aws ec2 enable-capacity-manager --region ${region}`;
  if (status === 'disabled')
    return `${NOT_READ}EC2 Capacity Manager is not enabled in ${region}. Enable it with: ${enable} (once, in one region for all; first figures come after some hours). If it is enabled in another region, set OWN_EVIDENCE_REGION to that.`;
  if (ingestion === 'ingestion-failed')
    return `${NOT_READ}EC2 Capacity Manager in ${region} has failed to take in figures. Start it again with: ${enable}; if it fails again, IngestionStatusMessage says why: aws ec2 get-capacity-manager-attributes --region ${region}`;
  return null;
}

/** What was asked for. */
interface Asked extends Days {
  readonly regions: readonly string[];
  readonly os: string;
}

/**
 * There are no figures at all.
 *
 * @param where was asked, as the beginning of a sentence
 */
export function noFigures(where: string, { regions, os, from, to }: Asked): string {
  const [first, last] = [from, to - 1].map((time) => new Date(time).toISOString().slice(0, 10));
  return `${where} has no figures about Spot machines of ${shortList(regions)}, ${os}, in the whole days (UTC) from ${first} to ${last}, so AWS's bands decide.`;
}

/** The same of EC2 Capacity Manager in a region, with what to do. */
export function noFiguresIn(region: string, asked: Asked): string {
  return `${noFigures(`EC2 Capacity Manager in ${region}`, asked)} New ones count when their day is over; check from when to when there are any, and whether other accounts are included: aws ec2 get-capacity-manager-attributes --region ${region}`;
}

/** @param problems parts of a sentence */
export function untrusted(problems: readonly string[]): string {
  return `Some figures about your own machines do not count, and AWS's bands decide there: ${problems.join('; ')}. If this persists, compare them with the Spot page of EC2 Capacity Manager's console, and report it.`;
}

import type { GetCapacityManagerAttributesResult } from '@aws-sdk/client-ec2';
import { dateOf, shortList } from '../domain/words.ts';
import { problemWith } from './errors.ts';
import type { IdentityProblem } from './sign-in.ts';

/** Why EC2 Capacity Manager's figures were not read completely, apart from AWS's own errors. */
export class EndlessPages extends Error {}

/**
 * @param thrown whatever the SDK threw
 * @param region where EC2 Capacity Manager was queried
 */
function whyUnread(thrown: unknown, region: string): string {
  return thrown instanceof EndlessPages
    ? 'EC2 Capacity Manager returned more figures than a run reads. Set OWN_EVIDENCE_DAYS to fewer days.'
    : problemWith('figures', { name: region }, thrown);
}

const NOT_READ = "Own evidence could not be read, so AWS's bands decide: ";

/** No figures could be read. The parameters are those of {@link whyUnread}. */
export function problemOf(thrown: unknown, region: string): string {
  return NOT_READ + whyUnread(thrown, region);
}

/** AWS cannot identify the caller. */
export function unread({ wrong, fix }: IdentityProblem): string {
  return `Own evidence could not be read, so AWS's bands decide. ${wrong}. ${fix}`;
}

/** The figures were read, but not the period in which they are complete. */
export function unbounded(thrown: unknown, region: string): string {
  return `Whether EC2 Capacity Manager's figures are complete could not be read, so those of all whole days count: ${whyUnread(thrown, region)}`;
}

/** The interruptions of some types could only be counted by day. */
export function coarse(types: readonly string[], thrown: unknown, region: string): string {
  return `The hours of your own interruptions of ${shortList(types)} could not be read, so several on one day count as one: ${whyUnread(thrown, region)}`;
}

/** @returns why EC2 Capacity Manager has no figures, according to its status; null if the status gives no reason */
export function statusProblem(
  { CapacityManagerStatus: status, IngestionStatus: ingestion }: GetCapacityManagerAttributesResult,
  region: string,
): string | null {
  const enable = `aws ec2 enable-capacity-manager --region ${region}`;
  if (status === 'disabled')
    return `${NOT_READ}EC2 Capacity Manager is not enabled in ${region}. Enable it with: ${enable} (once, in one region for all; the first figures appear after some hours). If it is enabled in another region, set OWN_EVIDENCE_REGION to that.`;
  if (ingestion === 'ingestion-failed')
    return `${NOT_READ}EC2 Capacity Manager in ${region} failed to ingest figures. Start it again with: ${enable}; if it fails again, IngestionStatusMessage says why: aws ec2 get-capacity-manager-attributes --region ${region}`;
  return null;
}

/** The figures that were requested. */
interface Asked {
  readonly regions: readonly string[];
  readonly os: string;
  /** Whole days: milliseconds since 1970, `to` excluded. */
  readonly from: number;
  readonly to: number;
}

/**
 * There are no figures at all.
 *
 * @param where figures were requested, as the beginning of a sentence
 */
export function noFigures(where: string, { regions, os, from, to }: Asked): string {
  return `${where} has no figures about Spot machines of ${shortList(regions)}, ${os}, in the whole days (UTC) from ${dateOf(from)} to ${dateOf(to - 1)}, so AWS's bands decide.`;
}

/** The same for EC2 Capacity Manager in a region, with what to do. */
export function noFiguresIn(region: string, asked: Asked): string {
  return `${noFigures(`EC2 Capacity Manager in ${region}`, asked)} A day's figures count once the day is over. Check which period has figures, and whether other accounts are included: aws ec2 get-capacity-manager-attributes --region ${region}`;
}

/** @param problems parts of a sentence */
export function untrusted(problems: readonly string[]): string {
  return `Some figures about your own machines do not count, and AWS's bands decide there: ${problems.join('; ')}. If this persists, compare them with the Spot page of EC2 Capacity Manager's console, and report it.`;
}

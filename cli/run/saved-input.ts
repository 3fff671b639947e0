import { noFigures } from '../../lambda/aws/capacity-manager-problems.ts';
import { lastDays, Tally } from '../../lambda/aws/metric-tally.ts';
import {
  FeedError,
  SettingsError,
  type SpotBlacklistError,
  toSafeError,
} from '../../lambda/domain/errors.ts';
import { isRecord, parsedJson } from '../../lambda/input/json.ts';
import { plainText } from '../../lambda/input/plain-text.ts';
import type { RunPorts } from '../../lambda/run/ports.ts';
import { readFeed } from '../../lambda/spot-advisor/feed.ts';
import { readTextFile, type TextFileError } from './text-file.ts';

/**
 * Reads the account's own figures from what `aws ec2 get-capacity-manager-metric-data` printed.
 *
 * @returns them in place of AWS
 * @throws {SettingsError} if the file cannot be read, or is something else
 */
export async function evidenceFrom(file: string): Promise<RunPorts['readOwnFigures']> {
  const text = await readTextFile(file).catch(({ message }: TextFileError) => {
    throw new SettingsError(
      `${plainText(file)} ${message}, so nothing was done. Name a file with own evidence.`,
    );
  });
  const points = pointsIn(parsedJson(text));
  if (points === null)
    throw new SettingsError(
      `${plainText(file)} has no MetricDataResults, so nothing was done. Name a file with the output of: aws ec2 get-capacity-manager-metric-data`,
    );
  return async ({ regions, os, days, now }) => {
    const asked = { regions, os, ...lastDays(days, now) };
    const tally = new Tally(asked);
    tally.addTotals(points);
    return tally.reading(`${noFigures('The file', asked)} Fetch it again for these days.`);
  };
}

function pointsIn(document: unknown): readonly unknown[] | null {
  const points = isRecord(document) ? document['MetricDataResults'] : null;
  return Array.isArray(points) ? points : null;
}

/** Megabytes: as much as is fetched. */
const LARGEST = 8;

const FAULTS: Readonly<Record<string, string>> = { ENOENT: 'does not exist', EISDIR: 'is a directory' };

/** @throws {SettingsError} if the file cannot be read */
export async function readFeedFile(file: string): Promise<string> {
  return readTextFile(file, LARGEST).catch(({ code, message }: TextFileError) => {
    const fault = FAULTS[code] ?? message;
    throw new SettingsError(
      `The feed file ${plainText(file)} ${fault}. Name another file, or leave out --feed.`,
    );
  });
}

/**
 * Takes the feed from a file, for a plan without network.
 *
 * @returns the run's port; it throws {SettingsError} if the file cannot be read, and {FeedError} if it is no feed
 */
export function savedFeed(file: string): RunPorts['fetchFeed'] {
  return async () => {
    const text = await readFeedFile(file);
    try {
      // Without its date: the user knows that a saved feed is old.
      return readFeed(text, { etag: null, lastModified: null });
    } catch (error) {
      throw namingFile(toSafeError(error));
    }
  };
}

/** @returns the error with a hint: those of the feed name the variable with its address, but a flag chose the file */
export function namingFile(error: SpotBlacklistError): SpotBlacklistError {
  if (error.code !== 'FEED_MALFORMED') return error;
  return new FeedError('FEED_MALFORMED', `${error.message} Here it is the file that --feed names.`);
}

/** @returns the error with what works without the feed's address, if that cannot be reached */
export function namingOffline(error: SpotBlacklistError): SpotBlacklistError {
  if (error.code !== 'FEED_UNREACHABLE') return error;
  return new FeedError('FEED_UNREACHABLE', `${error.message} Offline: spot-blacklist plan --feed <file>`);
}

import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { TextDecoder } from 'node:util';
import { createGunzip } from 'node:zlib';
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

/** Megabytes: 90 days of hourly own evidence about a hundred types in three zones are 300. */
const LARGEST = 400;
const MEGABYTE = 1_000_000;

/** Why a text file cannot be read: the message follows the file's name. */
export class TextFileError extends Error {
  /** The system's, such as `ENOENT`; empty if the fault is the content's. */
  readonly code: string;

  constructor(message: string, code = '') {
    super(message);
    this.code = code;
  }
}

/**
 * Reads JSON or other text that starts with an ASCII character, from a file or a pipe: in UTF-8 or UTF-16, with or without
 * a byte-order mark, compressed with gzip or not, whatever the file's name.
 *
 * @param megabytes the maximum to read, decompressed
 * @returns the text, without the mark
 * @throws {TextFileError} if it cannot be read or decoded, is empty or too large
 */
export async function readTextFile(file: string, megabytes = LARGEST): Promise<string> {
  let text = '';
  let bytes = 0;
  let decoder: TextDecoder | null = null;
  const refuseAbove = (size: number) => {
    if (size > megabytes * MEGABYTE) throw new TextFileError(`is larger than ${megabytes} MB, the limit`);
  };
  try {
    refuseAbove((await stat(file)).size);
    for await (const chunk of await open(file)) {
      bytes += chunk.length;
      refuseAbove(bytes);
      decoder ??= decoderFor(chunk);
      text += decoder.decode(chunk, { stream: true });
    }
    text += decoder?.decode() ?? '';
  } catch (thrown) {
    throw problemOf(thrown, decoder);
  }
  if (bytes === 0) throw new TextFileError('is empty');
  return text;
}

/** Opens a file, and decompresses it if it starts with gzip's magic number. */
async function open(file: string): Promise<AsyncIterable<Buffer>> {
  const stored = createReadStream(file);
  await once(stored, 'readable');
  const start: Buffer | null = stored.read();
  if (start === null) return stored;
  stored.unshift(start);
  return start[0] === 0x1f && start[1] === 0x8b ? pipeline(stored, createGunzip(), () => {}) : stored;
}

/** In UTF-16 and UTF-32, an ASCII character has zero bytes beside it, so no mark is needed to distinguish them. */
function decoderFor([a, b, c, d]: Buffer): TextDecoder {
  const isLittle = (a === 0xff && b === 0xfe) || b === 0;
  if ((isLittle && c === 0 && d === 0) || (a === 0 && b === 0))
    throw new TextFileError('is UTF-32 text; save it as UTF-8');
  const isBig = (a === 0xfe && b === 0xff) || a === 0;
  return new TextDecoder(isLittle ? 'utf-16le' : isBig ? 'utf-16be' : 'utf-8', { fatal: true });
}

function problemOf(thrown: unknown, decoder: TextDecoder | null): TextFileError {
  if (thrown instanceof TextFileError) return thrown;
  const { code = '' } = thrown as NodeJS.ErrnoException;
  if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
    return new TextFileError(
      `is not ${decoder?.encoding === 'utf-8' ? 'UTF-8' : 'UTF-16'} text; save it as UTF-8`,
    );
  if (code.startsWith('Z_'))
    return new TextFileError(`is compressed with gzip and cannot be decompressed (${code})`);
  return new TextFileError(`cannot be read (${code})`, code);
}

/**
 * Reads the account's own figures from the output of `aws ec2 get-capacity-manager-metric-data`.
 *
 * @returns a port that returns them instead of querying AWS
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

/** Megabytes: the same limit as for a fetched feed. */
const LARGEST_FEED = 8;

const FAULTS: Readonly<Record<string, string>> = { ENOENT: 'does not exist', EISDIR: 'is a directory' };

/** @throws {SettingsError} if the file cannot be read */
export async function readFeedFile(file: string): Promise<string> {
  return readTextFile(file, LARGEST_FEED).catch(({ code, message }: TextFileError) => {
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

/** @returns the error with a hint: the feed's errors name the variable with its address, but here a flag chose the file */
export function namingFile(error: SpotBlacklistError): SpotBlacklistError {
  if (error.code !== 'FEED_MALFORMED') return error;
  return new FeedError('FEED_MALFORMED', `${error.message} Here it is the file that --feed names.`);
}

/** @returns the error with the offline alternative, if the feed cannot be reached */
export function namingOffline(error: SpotBlacklistError): SpotBlacklistError {
  if (error.code !== 'FEED_UNREACHABLE') return error;
  return new FeedError('FEED_UNREACHABLE', `${error.message} Offline: spot-blacklist plan --feed <file>`);
}

import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Feed } from '../../../cli/demo/sandbox/aws/feed.ts';
import { type Answer, type SandboxRequest, textAnswer } from '../../../cli/demo/sandbox/http/exchange.ts';

/** AWS's feed that can fail. */
export class FailingFeed extends Feed {
  fail(_request: SandboxRequest, status: number): Answer {
    const body = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InternalError</Code></Error>';
    return textAnswer(status, 'application/xml', body);
  }
}

/** A Spot Advisor document as it is kept in a file. */
export interface FeedFile {
  /** The decompressed text. */
  readonly body: Buffer;
  /** The date in the file's name; `undefined` without one. The file's own time is not used. */
  readonly date: Date | undefined;
}

/** Why a feed file cannot be served; the message names the file. */
export class FeedFileError extends Error {}

/**
 * Reads a feed file, gzipped or not, whatever its name.
 * @throws {FeedFileError} if it cannot be read or decompressed, or is not JSON.
 */
export async function readFeedFile(file: string): Promise<FeedFile> {
  const refuse = (fault: string) => new FeedFileError(`The feed file ${file} ${fault}.`);
  const stored = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw refuse(READ_FAULTS[error.code ?? ''] ?? `cannot be read (${error.message})`);
  });
  if (stored.length === 0) throw refuse('is empty');
  const body = unpack(stored, refuse);
  try {
    JSON.parse(body.toString());
  } catch (error) {
    throw refuse(`is not JSON (${oneLine(error)})`);
  }
  return { body, date: dateIn(basename(file)) };
}

const READ_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EISDIR: 'is a directory',
  EACCES: 'may not be read',
};

function unpack(stored: Buffer, refuse: (fault: string) => FeedFileError): Buffer {
  // The magic number of gzip. Names mislead: browsers decompress a .json.gz and keep its name.
  if (stored[0] !== 0x1f || stored[1] !== 0x8b) return stored;
  try {
    return gunzipSync(stored);
  } catch (error) {
    throw refuse(`is compressed with gzip and cannot be decompressed (${oneLine(error)})`);
  }
}

function dateIn(name: string): Date | undefined {
  const date = new Date(`${/\d{4}-\d{2}-\d{2}/.exec(name)?.[0]}T00:00:00Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Parsers quote the offending text, line breaks included. */
const oneLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/[\s\p{Cc}]+/gu, ' ');

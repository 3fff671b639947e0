import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Answer, type SandboxRequest, type Service, textAnswer } from '../http/exchange.ts';

/** A Spot Advisor document as it is kept in a file. */
export interface FeedFile {
  /** The text, unpacked. */
  readonly body: Buffer;
  /** The date in the file's name; `undefined` without one. The file's own time is not used. */
  readonly date: Date | undefined;
}

/** Why a feed file cannot be served; the message names the file. */
export class FeedFileError extends Error {}

/**
 * Reads a feed file, gzipped or not, whatever its name.
 * @throws {FeedFileError} if it cannot be read or unpacked, or is not JSON.
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
  // The magic number of gzip. Names mislead: browsers unpack a .json.gz and keep its name.
  if (stored[0] !== 0x1f || stored[1] !== 0x8b) return stored;
  try {
    return gunzipSync(stored);
  } catch (error) {
    throw refuse(`is packed by gzip and cannot be unpacked (${oneLine(error)})`);
  }
}

function dateIn(name: string): Date | undefined {
  const date = new Date(`${/\d{4}-\d{2}-\d{2}/.exec(name)?.[0]}T00:00:00Z`);
  return Number.isNaN(date.getTime()) ? undefined : date;
}

/** Parsers quote the offending text, line breaks included. */
const oneLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replaceAll(/[\s\p{Cc}]+/gu, ' ');

/** The snapshot served by default. Stored compressed: it is 1.1 MB of text. */
export const DEFAULT_FEED_FILE = join(import.meta.dirname, 'feeds', '2026-02-13.json.gz');

/** What can be served: text or bytes as they are, anything else as JSON. */
export type FeedBody = string | Buffer | object;

/** AWS's Spot Advisor feed: one public S3 object, uncompressed, with S3's headers. */
export class Feed implements Service {
  body: Buffer;
  /** `undefined`: served without a date. */
  lastModified: Date | undefined;

  private constructor(body: Buffer, lastModified: Date | undefined) {
    this.body = body;
    this.lastModified = lastModified;
  }

  /**
   * Reads a feed file. Its date is the one in its name (`2026-02-13.json.gz`), if there is one.
   * @throws {FeedFileError} if it cannot be read or unpacked, or is not JSON.
   */
  static async load(file: string): Promise<Feed> {
    const { body, date } = await readFeedFile(file);
    return new Feed(body, date);
  }

  /** From now on, serves something else, valid or not, as just published. */
  replace(body: FeedBody, lastModified: Date | undefined = new Date()): void {
    this.body = Buffer.isBuffer(body)
      ? body
      : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    this.lastModified = lastModified;
  }

  /** What is served, parsed. @throws {SyntaxError} if it is not JSON. */
  document(): unknown {
    return JSON.parse(this.body.toString());
  }

  /** As S3 makes it. */
  get etag(): string {
    return `"${createHash('md5').update(this.body).digest('hex')}"`;
  }

  answer({ headers }: Pick<SandboxRequest, 'headers'>): Answer {
    const { etag } = this;
    const validators = {
      etag,
      ...(this.lastModified === undefined ? {} : { 'last-modified': this.lastModified.toUTCString() }),
      server: 'AmazonS3',
    };
    if (this.#isKnown(headers, etag)) return { status: 304, headers: validators, body: Buffer.alloc(0) };
    return textAnswer(200, 'application/json', this.body, { ...validators, 'accept-ranges': 'bytes' });
  }

  /** As HTTP has it: the date counts only if no entity tag is given. */
  #isKnown(headers: SandboxRequest['headers'], etag: string): boolean {
    const { 'if-none-match': tag, 'if-modified-since': date } = headers;
    if (tag !== undefined) return tag === etag;
    if (date === undefined || this.lastModified === undefined) return false;
    // HTTP's dates are whole seconds.
    return Math.floor(this.lastModified.getTime() / 1000) * 1000 <= Date.parse(date);
  }

  fail(_request: SandboxRequest, status: number): Answer {
    const body = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InternalError</Code></Error>';
    return textAnswer(status, 'application/xml', body);
  }
}

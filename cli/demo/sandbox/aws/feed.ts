import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Answer, type SandboxRequest, type Service, textAnswer } from '../http/exchange.ts';

/** The snapshot served by default. Stored compressed: it is 1.1 MB of text. */
export const DEFAULT_FEED_FILE = join(import.meta.dirname, 'feeds', '2026-02-13.json.gz');

/** @returns the snapshot, as AWS served it on that day */
export async function defaultFeed(): Promise<Feed> {
  return new Feed(gunzipSync(await readFile(DEFAULT_FEED_FILE)), new Date('2026-02-13T00:00:00Z'));
}

/** What can be served: text or bytes as they are, anything else as JSON. */
export type FeedBody = string | Buffer | object;

/** AWS's Spot Advisor feed: one public S3 object, uncompressed, with S3's headers. */
export class Feed implements Service {
  body: Buffer;
  /** `undefined`: served without a date. */
  lastModified: Date | undefined;

  constructor(body: Buffer, lastModified: Date | undefined) {
    this.body = body;
    this.lastModified = lastModified;
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

  /** As HTTP requires: the date counts only if no entity tag is given. */
  #isKnown(headers: SandboxRequest['headers'], etag: string): boolean {
    const { 'if-none-match': tag, 'if-modified-since': date } = headers;
    if (tag !== undefined) return tag === etag;
    if (date === undefined || this.lastModified === undefined) return false;
    // HTTP's dates are whole seconds.
    return Math.floor(this.lastModified.getTime() / 1000) * 1000 <= Date.parse(date);
  }
}

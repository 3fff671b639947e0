import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Answer, type SandboxRequest, type Service, textAnswer } from './exchange.ts';

/** The snapshot that is served unless told otherwise. Stored compressed: it is 1.1 MB of text. */
export const DEFAULT_FEED_FILE = join(import.meta.dirname, 'feeds', '2026-02-13.json.gz');

/** What can be served: text or bytes as they are, anything else as JSON. */
export type FeedBody = string | Buffer | object;

/** AWS's Spot Advisor feed: one public S3 object, uncompressed, with S3's headers. */
export class Feed implements Service {
  body: Buffer;
  lastModified: Date;

  private constructor(body: Buffer, lastModified: Date) {
    this.body = body;
    this.lastModified = lastModified;
  }

  /**
   * Reads a `.json` or `.json.gz` file. Its date is the one in its name (`2026-02-13.json.gz`), else the file's own.
   * @throws {Error} Node's own, if the file cannot be read or unpacked.
   */
  static async load(file: string): Promise<Feed> {
    const stored = await readFile(file);
    const date = /\d{4}-\d{2}-\d{2}/.exec(basename(file))?.[0];
    const lastModified = date === undefined ? (await stat(file)).mtime : new Date(`${date}T00:00:00Z`);
    return new Feed(file.endsWith('.gz') ? gunzipSync(stored) : stored, lastModified);
  }

  /** Serves something else from now on, however broken. */
  replace(body: FeedBody, lastModified = this.lastModified): void {
    this.body = Buffer.isBuffer(body)
      ? body
      : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
    this.lastModified = lastModified;
  }

  /** What is served, parsed. @throws {SyntaxError} if it is no JSON. */
  document(): unknown {
    return JSON.parse(this.body.toString());
  }

  answer(): Answer {
    return textAnswer(200, 'application/json', this.body, {
      etag: `"${createHash('md5').update(this.body).digest('hex')}"`,
      'last-modified': this.lastModified.toUTCString(),
      'accept-ranges': 'bytes',
      server: 'AmazonS3',
    });
  }

  fail(_request: SandboxRequest, status: number): Answer {
    const body = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>InternalError</Code></Error>';
    return textAnswer(status, 'application/xml', body);
  }
}

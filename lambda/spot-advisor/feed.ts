import { createHash } from 'node:crypto';
import * as v from 'valibot';
import { FeedError } from '../domain/errors.ts';
import { INSTANCE_TYPE } from '../domain/instance-types/instance-type.ts';
import { type Band, edgesOf, type Feed, type SpotType } from '../domain/instance-types/spot-type.ts';
import { shortList } from '../domain/words.ts';
import { HOW_TO_TRUST, isUntrusted } from '../http/agents.ts';
import { exchange, HttpError } from '../http/exchange.ts';
import { isRecord, parsedJson } from '../input/json.ts';
import { suggestion } from '../input/near-names.ts';
import { ETAG } from '../input/plain-text.ts';

/** Milliseconds for one attempt. A megabyte takes a second on a slow connection. */
const TIMEOUT = 12_000;
const RETRIES = 2;
/** Bytes: seven times the largest feed seen, which doubled in five years. */
const MAX_BYTES = 8 * 1024 * 1024;
/** Milliseconds for all attempts and pauses, so that a run without a feed ends within a minute. */
const LONGEST_FETCH = 40_000;

/** The feed that this process read last: a process serves many invocations, and AWS publishes once a day. */
let latest: { readonly url: string; readonly feed: Feed } | null = null;

function remember(url: string, feed: Feed): Feed {
  latest = { url, feed };
  return feed;
}

/** @returns headers with which the server sends the feed only if it has changed */
function unlessSame({ etag, lastModified }: Feed): Record<string, string> {
  return {
    ...(etag !== null && { 'if-none-match': etag }),
    ...(lastModified !== null && { 'if-modified-since': new Date(lastModified).toUTCString() }),
  };
}

/**
 * Fetches the Spot Advisor feed, unless it has not changed since this process fetched it.
 *
 * @throws {FeedError} if it cannot be fetched or is not a Spot Advisor document
 */
export async function fetchFeed(url: string, deadline: AbortSignal): Promise<Feed> {
  const signal = AbortSignal.any([deadline, AbortSignal.timeout(LONGEST_FETCH)]);
  const known = latest?.url === url ? latest.feed : null;
  try {
    const limits = { timeout: TIMEOUT, retries: RETRIES, maxBytes: MAX_BYTES };
    const conditions = known === null ? {} : unlessSame(known);
    const isConditional = Object.keys(conditions).length > 0;
    const request = { url, method: 'GET', headers: conditions, isConditional, signal, ...limits } as const;
    const { status, text, headers } = await exchange(request);
    const published = Date.parse(headers['last-modified'] ?? '');
    const lastModified = Number.isNaN(published) ? null : published;
    // A feed that is published again unchanged has a new date.
    if (status === 304 && known !== null)
      return remember(url, { ...known, lastModified: lastModified ?? known.lastModified });
    // Other statuses, such as 206, come with part of it, or nothing.
    if (status !== 200) throw new HttpError({ status, code: 'HTTP_STATUS' });
    // Shown, so accepted only in the form of an entity tag.
    const etag = ETAG.exec(headers['etag'] ?? '')?.[0] ?? null;
    return remember(url, readFeed(text, { etag, lastModified }));
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    if (error.code === 'ERR_BODY_TOO_LARGE') throw malformed('is larger than 8 MB');
    const { origin } = new URL(url);
    if (isUntrusted(error.code))
      throw new FeedError(
        'FEED_UNREACHABLE',
        `The TLS certificate presented for the Spot Advisor feed by ${origin} is not trusted (${error.code}), so nothing was changed. ${HOW_TO_TRUST}`,
      );
    throw new FeedError(
      'FEED_UNREACHABLE',
      `The Spot Advisor feed could not be fetched from ${origin} (${error.status ?? error.code}), so nothing was changed. Check SPOT_ADVISOR_URL and the connection to the internet (behind a proxy: HTTPS_PROXY), or try again later.`,
    );
  }
}

/** Labels are shown, so their number and length are limited to what a feed can have. */
const rangeSchema = v.object({ index: v.number(), label: v.pipe(v.string(), v.maxLength(10)) });

const feedSchema = v.object({
  ranges: v.pipe(v.array(rangeSchema), v.minLength(1), v.maxLength(20)),
  // v.record() would accept an array too.
  spot_advisor: v.custom<Record<string, unknown>>(isRecord),
  // This part contains only machine sizes, so a feed without it is accepted.
  instance_types: v.fallback(v.custom<Record<string, unknown>>(isRecord), {}),
});

const typeSchema = v.object({ r: v.number(), s: v.pipe(v.number(), v.finite()) });

/**
 * Reads the feed's text. Only its bands are decoded here; a region is decoded on request.
 *
 * @throws {FeedError} if the text is not a Spot Advisor document
 */
export function readFeed(text: string, origin: Pick<Feed, 'etag' | 'lastModified'>): Feed {
  const { success, output } = v.safeParse(feedSchema, parsedJson(text), { abortEarly: true });
  if (!success) throw malformed('is not the document that AWS publishes (it lacks ranges or spot_advisor)');
  const byIndex = new Map<number, Band>();
  for (const { index, label } of output.ranges) {
    if (byIndex.has(index)) throw malformed(`has two ranges with the index ${index}`);
    byIndex.set(index, bandOf(label));
  }
  const bands = [...byIndex.values()].sort((a, b) => a.lower - b.lower || a.upper - b.upper);
  return {
    ...origin,
    // In the form of S3's ETags: it identifies the text; it is not for security.
    digest: `"${createHash('md5').update(text).digest('hex')}"`,
    bands,
    names() {
      const systems = Object.values(output.spot_advisor).flatMap((region) => Object.values(region ?? {}));
      return [...new Set(systems.filter(isRecord).flatMap(Object.keys))];
    },
    regions: () => Object.keys(output.spot_advisor),
    of(region, os) {
      // Own properties only: `constructor` is no region.
      if (!Object.hasOwn(output.spot_advisor, region))
        throw unknown('REGION', 'region', region, output.spot_advisor);
      const systems = output.spot_advisor[region];
      if (!isRecord(systems)) throw malformed(`has no readable data for ${region}`);
      const name = Object.keys(systems).find((key) => key.toLowerCase() === os.toLowerCase());
      if (name === undefined) throw unknown('OS', `operating system in ${region}`, os, systems);
      const types = systems[name];
      if (!isRecord(types)) throw malformed(`has no readable data for ${region}, ${name}`);
      return {
        region,
        os: name,
        types: typesIn(types, byIndex, output.instance_types, `${region}, ${name}`),
      };
    },
  };
}

function typesIn(
  types: Record<string, unknown>,
  bands: ReadonlyMap<number, Band>,
  sizes: Record<string, unknown>,
  place: string,
): SpotType[] {
  const read = Object.entries(types).map(([instanceType, facts]) => {
    if (!INSTANCE_TYPE.test(instanceType)) throw malformed(`has an unreadable type name in ${place}`);
    if (!v.is(typeSchema, facts)) throw malformed(`has an unreadable entry for ${instanceType} in ${place}`);
    const band = bands.get(facts.r);
    // Treating an unknown band as "never interrupted" would allow exactly the types to avoid.
    if (band === undefined)
      throw malformed(`assigns ${instanceType} in ${place} a band that it does not define`);
    const size = Object.hasOwn(sizes, instanceType) ? sizes[instanceType] : null;
    return {
      instanceType,
      band,
      savings: facts.s,
      noEvidence: band.lower === 0 && facts.s === 0,
      cores: amountIn(size, 'cores'),
      memory: inMebibytes(amountIn(size, 'ram_gb')),
    };
  });
  if (read.length === 0) throw malformed(`has no types for ${place}`);
  return read;
}

/** @returns one fact about a machine's size; null if it cannot be read, because nothing else depends on it */
function amountIn(size: unknown, fact: string): number | null {
  const amount = isRecord(size) ? size[fact] : null;
  return typeof amount === 'number' && Number.isFinite(amount) && amount > 0 ? amount : null;
}

function inMebibytes(gibibytes: number | null): number | null {
  return gibibytes === null ? null : Math.round(gibibytes * 1024);
}

/**
 * A band's edges are those of its label. The feed's own `max` (5, 11, 16, 22, 100) would put the whole
 * `5-10%` band above a threshold of 10.
 */
function bandOf(label: string): Band {
  const edges = edgesOf(label);
  // A reversed range would never be above any threshold.
  if (edges === null) throw malformed('has a range whose label cannot be read');
  return { label, ...edges };
}

function malformed(fault: string): FeedError {
  return new FeedError(
    'FEED_MALFORMED',
    `The Spot Advisor feed ${fault}, so nothing was changed. Check that SPOT_ADVISOR_URL points to AWS's document; if it does, please report this.`,
  );
}

function unknown(
  setting: 'REGION' | 'OS',
  what: string,
  wanted: string,
  known: Record<string, unknown>,
): FeedError {
  // Only names that look like a region or an OS: a document may contain anything.
  const names = Object.keys(known).filter((name) => /^[\w ./-]{1,32}$/.test(name));
  return new FeedError(
    `UNKNOWN_${setting}`,
    `The Spot Advisor feed has no ${what} called ${wanted}${suggestion(wanted, names, 2)}, so nothing was changed. Set ${setting} to one of: ${shortList(names.sort()) || '(none)'}.`,
  );
}

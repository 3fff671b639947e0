import { describe, expect, it } from 'vitest';
import { FeedError } from '../../../lambda/domain/errors.ts';
import { readFeed } from '../../../lambda/spot-advisor/feed.ts';
import { RANGES, smallFeed } from '../../support/deployment.ts';

const GOOD = smallFeed({ 'm5.large': 4, 'm5.xlarge': 0, 'c5.large': 1 });
const LINUX = GOOD.spot_advisor['us-east-1']?.['Linux'] ?? {};

/** The good feed with something else for Linux in us-east-1. */
const withLinux = (types: unknown) => ({ ...GOOD, spot_advisor: { 'us-east-1': { Linux: types } } });

/** The good feed with something else said of one type. */
const withFacts = (facts: unknown) => withLinux({ ...LINUX, 'm5.xlarge': facts });

/** The good feed with another label for its highest range. */
const withLabel = (label: unknown) => ({
  ...GOOD,
  ranges: RANGES.map((range) => (range.index === 4 ? { ...range, label } : range)),
});

function read(body: string | object, region = 'us-east-1', os = 'Linux') {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return readFeed(text, { etag: null, lastModified: null }).of(region, os);
}

function problemOf(...feed: Parameters<typeof read>): FeedError {
  try {
    read(...feed);
  } catch (error) {
    if (error instanceof FeedError) return error;
    throw error;
  }
  throw new Error('the feed was taken');
}

describe('a feed is refused that', () => {
  it.each<[string, string | object]>([
    ['is empty', ''],
    ['is HTML', '<!DOCTYPE html><html><body>Sign in to the guest network</body></html>'],
    ['is XML', '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'],
    ['is cut off', JSON.stringify(GOOD).slice(0, -10)],
    ['is two documents', JSON.stringify(GOOD).repeat(2)],
    ['is null', 'null'],
    ['is a text', '"spot_advisor"'],
    ['is a number', '5'],
    ['is an array', []],
    ['is an array of feeds', [GOOD]],
    ['is an empty object', {}],
    ['has no ranges', { ...GOOD, ranges: undefined }],
    ['has null for ranges', { ...GOOD, ranges: null }],
    ['has empty ranges', { ...GOOD, ranges: [] }],
    ['has ranges by name', { ...GOOD, ranges: Object.fromEntries(RANGES.map((one) => [one.label, one])) }],
    ['has a range that is null', { ...GOOD, ranges: [...RANGES, null] }],
    ['has a range without an index', { ...GOOD, ranges: RANGES.map(({ index: _, ...one }) => one) }],
    [
      'has a range with a text as index',
      { ...GOOD, ranges: RANGES.map((one) => ({ ...one, index: `${one.index}` })) },
    ],
    ['has a range without a label', { ...GOOD, ranges: RANGES.map(({ label: _, ...one }) => one) }],
    [
      'has two ranges of the same index',
      { ...GOOD, ranges: [...RANGES, { index: 4, label: '<5%', max: 5 }] },
    ],
    ['has a label that is a word', withLabel('often')],
    ['has a label that is empty', withLabel('')],
    ['has a label that is a number', withLabel(20)],
    ['has a label without a percent sign', withLabel('>20')],
    ['has a label with another dash', withLabel('20–100%')],
    ['has a label with a sign that is not known', withLabel('≥20%')],
    ['has a label with more behind it', withLabel('>20% (beta)')],
    ['has a label whose upper edge is below its lower', withLabel('20-10%')],
    ['has no spot_advisor', { ...GOOD, spot_advisor: undefined }],
    ['has null for spot_advisor', { ...GOOD, spot_advisor: null }],
    ['has an array for spot_advisor', { ...GOOD, spot_advisor: [GOOD.spot_advisor] }],
    ['has no types for the OS', withLinux({})],
    ['has null for the OS', withLinux(null)],
    ['has a list for the OS', withLinux([LINUX])],
    ['has a band that no range has', withFacts({ r: 5, s: 60 })],
    ['has a band below all ranges', withFacts({ r: -1, s: 60 })],
    ['has a band between two ranges', withFacts({ r: 0.5, s: 60 })],
    ['has a band in quotes', withFacts({ r: '0', s: 60 })],
    ['has a band that is a label', withFacts({ r: '<5%', s: 60 })],
    ['has a band that is null', withFacts({ r: null, s: 60 })],
    ['has a band that is a list', withFacts({ r: [0], s: 60 })],
    ['has no band', withFacts({ s: 60 })],
    ['has savings in quotes', withFacts({ r: 0, s: '60' })],
    ['has no savings', withFacts({ r: 0 })],
    ['has a type that is null', withFacts(null)],
    ['has a type that is a number', withFacts(0)],
    ['has a type that is a list', withFacts([0, 60])],
    ['has a name that is no type', withLinux({ ...LINUX, m5: { r: 0, s: 60 } })],
    ['has a name that is a path', withLinux({ ...LINUX, '../../add?m5.large': { r: 4, s: 60 } })],
  ])('%s', (_, body) => {
    const { code, message } = problemOf(body);
    expect(code).toBe('FEED_MALFORMED');
    expect(message).toMatch(/^The Spot Advisor feed .* so nothing was changed\. .*SPOT_ADVISOR_URL/);
    // Whoever serves it may put anything there.
    expect(message).not.toMatch(/guest|html|beta|often|add\?/i);
  });
});

describe('an error about a missing item lists the existing ones', () => {
  const feed = {
    ...GOOD,
    spot_advisor: {
      'us-east-1': { Windows: LINUX, Linux: LINUX },
      'eu-west-1': { Linux: LINUX },
      'ap-south-1': {},
      'sa-east-1': null,
      'il-central-1': [],
    },
  };

  it.each(['us-gov-west-1', 'cn-north-1', 'constructor', 'tostring'])('for the region %s', (region) => {
    const { code, message } = problemOf(feed, region);
    expect(code).toBe('UNKNOWN_REGION');
    for (const known of ['us-east-1', 'eu-west-1', region, 'REGION']) expect(message).toContain(known);
  });

  it.each(['macOS', 'RHEL', 'Linux/UNIX', 'constructor', 'toString', '__proto__'])('for the OS %s', (os) => {
    const { code, message } = problemOf(feed, 'us-east-1', os);
    expect(code).toBe('UNKNOWN_OS');
    expect(message).toMatch(/Set OS to one of: Linux, Windows/);
    expect(message).toContain(os);
  });

  it.each([
    ['us-eas-1', 'us-east-1'],
    ['us-east1', 'us-east-1'],
    ['us-east-1a', 'us-east-1'],
    ['eu-wset-1', 'eu-west-1'],
    ['useast1', 'us-east-1'],
  ])('and asks whether %s was meant as %s', (misspelt, region) => {
    expect(problemOf(feed, misspelt).message).toContain(`called ${misspelt} (did you mean ${region}?), so`);
  });

  it('and asks whether an OS was misspelt', () => {
    const { message } = problemOf(feed, 'us-east-1', 'linx');
    expect(message).toContain('no operating system in us-east-1 called linx (did you mean Linux?), so');
    expect(problemOf(feed, 'us-east-1', 'macOS').message).not.toContain('did you mean');
    expect(problemOf(feed, 'cn-north-1').message).not.toContain('did you mean');
  });

  it('for an OS that exists only in another region', () => {
    const { code, message } = problemOf(feed, 'eu-west-1', 'Windows');
    expect(code).toBe('UNKNOWN_OS');
    expect(message).toMatch(/eu-west-1.*Windows.*one of: Linux\./);
  });

  it.each(['sa-east-1', 'il-central-1', 'ap-south-1'])(
    'for the region %s, which is empty or malformed',
    (region) => {
      const { message } = problemOf(feed, region);
      expect(message).toContain(region);
      expect(message).not.toMatch(new RegExp(`one of:.*${region}`));
    },
  );
});

describe('a feed in another form is read the same', () => {
  /** The types of Linux in us-east-1, each with its band and saving. */
  const typesOf = (body: object, os = 'Linux') =>
    read(body, 'us-east-1', os).types.map(({ instanceType, band, savings }) => [
      instanceType,
      band.label,
      savings,
    ]);
  const TYPES = typesOf(GOOD);

  it.each(['Linux', 'linux', 'LINUX'])('for the OS %j', (os) => {
    expect(read(GOOD, 'us-east-1', os).os).toBe('Linux');
    expect(typesOf(GOOD, os)).toEqual(TYPES);
  });

  it.each([
    ['its ranges in another order', { ...GOOD, ranges: RANGES.toReversed() }],
    [
      'another `max`, which is not used',
      { ...GOOD, ranges: RANGES.map((range) => ({ ...range, max: 100 })) },
    ],
    ['unknown fields', { ...withLinux({ ...LINUX, 'm5.large': { r: 4, s: 60, t: { x: [1] } } }), v: 2 }],
    [
      'malformed types of another region and OS',
      {
        ...GOOD,
        spot_advisor: {
          'us-east-1': { Linux: LINUX, Windows: { 'm5.large': { r: 9 }, '?': 5 } },
          'eu-west-1': { Linux: { 'm5.large': { r: 9 } } },
          x: 5,
        },
      },
    ],
  ])('with %s', (_, body) => expect(typesOf(body)).toEqual(TYPES));

  it('with its ranges under other indexes', () => {
    const ranges = RANGES.map((range) => ({ ...range, index: 40 - range.index * 10 }));
    const types = { 'm5.large': { r: 0, s: 60 }, 'm5.xlarge': { r: 40, s: 60 } };
    expect(typesOf({ ...withLinux(types), ranges })).toEqual([
      ['m5.large', '>20%', 60],
      ['m5.xlarge', '<5%', 60],
    ]);
  });

  it('with savings of 0 and below', () => {
    const types = { 'm5.large': { r: 4, s: 0 }, 'm5.xlarge': { r: 4, s: -62 } };
    expect(typesOf(withLinux(types)).map(([, , savings]) => savings)).toEqual([0, -62]);
  });
});

// What outsiders send, bent in every way: it is understood, or it is an error of this project's and nothing is written.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readCredentials } from '../lambda/credentials.ts';
import { SpotBlacklistError } from '../lambda/errors.ts';
import { readSettings } from '../lambda/settings.ts';
import { runHere, writesSeenBy } from './run-support.ts';
import { type Sandbox, startSandbox } from './sandbox/sandbox.ts';
import { smallFeed, typeIn } from './support.ts';

const RUNS = 80;
const FEED = smallFeed({ 'm5.large': 4, 'm5.xlarge': 3, 'c5.large': 0, 'm6g.large': 4, 'r5.large': 1 });
const PAYLOAD = { minTypesPerArchitecture: 0, minFamiliesPerArchitecture: 0, maxBlacklistShare: 1 };

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
const SURPRISES: readonly Json[] = [
  null,
  true,
  -1,
  4.5,
  1e308,
  '',
  '>20%',
  '__proto__',
  [],
  {},
  [[]],
  { r: 4 },
];

/** One change somewhere in a document: another value, a key less, or a key more. */
function bent(document: unknown): fc.Arbitrary<Json> {
  const surprise = fc.oneof(fc.constantFrom(...SURPRISES), fc.jsonValue() as fc.Arbitrary<Json>);
  return fc
    .tuple(
      fc.array(fc.nat(), { minLength: 1, maxLength: 6 }),
      surprise,
      fc.constantFrom('put', 'drop', 'add'),
    )
    .map(([path, value, way]) => bend(structuredClone(document) as Json, path, value, way));
}

function bend(node: Json, [step, ...rest]: number[], value: Json, way: string): Json {
  if (step === undefined || typeof node !== 'object' || node === null) return value;
  const keys = Object.keys(node);
  const key = keys[step % (keys.length || 1)];
  const fields = node as Record<string, Json>;
  if (key === undefined || way === 'add') {
    if (!Array.isArray(node)) fields[typeof value === 'string' ? value : 'extra'] = value;
    else node.push(value);
  } else if (rest.length > 0) fields[key] = bend(fields[key] ?? null, rest, value, way);
  else if (way === 'drop') delete fields[key];
  else fields[key] = value;
  return node;
}

/** The text of a bent document, sometimes cut off, and sometimes no document at all. */
const textOf = (document: unknown): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 8, arbitrary: bent(document).map((json) => JSON.stringify(json)) },
    { weight: 1, arbitrary: fc.nat(300).map((length) => JSON.stringify(document).slice(0, length)) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  );

/** One run; whatever goes wrong has to be an error of this project's, and one with no result has written nothing. */
async function runOn(sandbox: Sandbox) {
  sandbox.requests.length = 0;
  try {
    return await runHere(sandbox, { payload: PAYLOAD });
  } catch (error) {
    expect(error).toBeInstanceOf(SpotBlacklistError);
    expect((error as SpotBlacklistError).name).not.toBe('InternalError');
    expect(writesSeenBy(sandbox)).toEqual([]);
    return null;
  }
}

async function sandboxWithSmallFeed(): Promise<Sandbox> {
  const sandbox = await startSandbox();
  sandbox.feed.replace(FEED);
  return sandbox;
}

it('a feed: only what it puts above the threshold is ever added', async () => {
  await using sandbox = await sandboxWithSmallFeed();
  await fc.assert(
    fc.asyncProperty(textOf(FEED), async (text) => {
      sandbox.castai.entries = [];
      sandbox.feed.replace(text);
      const outcome = await runOn(sandbox);
      if (outcome === null || writesSeenBy(sandbox).length === 0) return;
      const feed: typeof FEED = JSON.parse(text);
      const ranges = feed.ranges as readonly { index: number; label: string }[];
      for (const type of writesSeenBy(sandbox).map(typeIn)) {
        const facts = feed.spot_advisor['us-east-1']?.['Linux']?.[type];
        const label = ranges.find(({ index }) => index === facts?.r)?.label ?? '';
        // By its upper edge, which is the last number of the label; none where it starts with ">".
        expect(label.startsWith('>') || Number(/(\d+)%$/.exec(label)?.[1]) > 20).toBe(true);
      }
    }),
    { numRuns: RUNS },
  );
});

it('a blacklist: nobody else’s entry is touched, and one that cannot be read stops the run', async () => {
  await using sandbox = await sandboxWithSmallFeed();
  const { castai } = sandbox;
  const entry = {
    organizationId: castai.organizationId,
    clusterId: castai.clusters[0]?.id,
    lifecycle: 'spot',
  };
  const list = {
    items: [
      { ...entry, instanceType: 'm5.large', expiresAt: '2099-01-01T00:00:00Z', reason: 'by hand' },
      {
        ...entry,
        instanceType: 'c5.large',
        expiresAt: '2099-01-01T00:00:00Z',
        reason: 'spot-blacklist/default: x',
      },
      { ...entry, instanceFamily: 'm6g', expiresAt: null, reason: null },
    ],
  };
  const foreign = castai.seed({ instanceType: 'c5.xlarge', lifecycle: 'spot', reason: 'by hand' });
  await fc.assert(
    fc.asyncProperty(textOf(list), async (body) => {
      castai.entries = [foreign];
      sandbox.faults.clear();
      sandbox.faults.push({ when: { route: 'list' }, fault: { kind: 'body', body } });
      await runOn(sandbox);
      expect(castai.entries).toContain(foreign);
      const removed = writesSeenBy(sandbox).filter(({ route }) => route === 'remove');
      if (removed.length === 0) return;
      const { items }: { items: { instanceType: string; reason?: string }[] } = JSON.parse(body);
      const own = items.filter(({ reason }) => reason?.startsWith('spot-blacklist/default: '));
      expect(own.map(({ instanceType }) => instanceType)).toEqual(
        expect.arrayContaining(removed.map(typeIn)),
      );
    }),
    { numRuns: RUNS },
  );
});

it('a cluster: only the one that was meant is ever written to', async () => {
  await using sandbox = await sandboxWithSmallFeed();
  const { castai } = sandbox;
  const [cluster] = castai.clusters;
  await fc.assert(
    fc.asyncProperty(textOf(cluster), async (body) => {
      castai.entries = [];
      sandbox.faults.clear();
      sandbox.faults.push({ when: { route: 'cluster' }, fault: { kind: 'body', body } });
      await runOn(sandbox);
      for (const entry of castai.entries) expect(entry.clusterId).toBe(cluster?.id);
    }),
    { numRuns: RUNS },
  );
});

it('a secret: credentials without white space, or an error that quotes none of it', () => {
  const secret = { 'api-key': 'a-key-like-no-other', 'org-id': 'an-organization', 'cluster-id': 'a-cluster' };
  fc.assert(
    fc.property(textOf(secret), (text) => {
      try {
        for (const value of Object.values(readCredentials(text, 'castai')))
          expect(value ?? '-').toMatch(/^\S+$/);
      } catch (error) {
        expect(error).toMatchObject({ name: 'SecretError', code: 'SECRET_INVALID' });
        expect((error as Error).message).not.toContain('like-no-other');
      }
    }),
    { numRuns: 3000 },
  );
});

it('an environment and a payload: settings, or an error that quotes neither', () => {
  const environment = {
    SECRET_ID: 'castai',
    OS: 'Linux',
    INTERRUPTION_THRESHOLD: '20',
    BATCH_SIZE: '10',
    DRY_RUN: 'yes',
    NEVER_BLACKLIST: 'm5.*',
    CASTAI_API_URL: 'https://api.cast.ai',
  };
  const variables = fc.dictionary(fc.constantFrom(...Object.keys(environment)), fc.string(), { maxKeys: 2 });
  const payload = {
    dryRun: true,
    os: 'Linux',
    neverBlacklist: ['m5.*'],
    blacklistHours: 5,
    operation: 'apply',
  };
  fc.assert(
    fc.property(variables, fc.oneof(bent(payload), fc.anything()), (changes, overrides) => {
      try {
        const settings = readSettings({ ...environment, ...changes }, overrides);
        expect(settings.batchSize).toBeGreaterThanOrEqual(1);
        expect(settings.secretId).not.toBe('');
      } catch (error) {
        expect(error).toMatchObject({ name: 'SettingsError', code: 'INVALID_SETTINGS' });
      }
    }),
    { numRuns: 3000 },
  );
});

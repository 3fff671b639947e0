// `spot-blacklist diff`, as a process of its own, and what it is made of.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { diffOf } from '../../../cli/views/diff.ts';
import { viewDiff } from '../../../cli/views/diff-view.ts';
import { readResult, type ShownResult } from '../../../cli/views/read-result.ts';
import { cli } from '../../support/cli.ts';
import { ATTACKS } from '../../support/hostile.ts';

const folder = await mkdtemp(join(tmpdir(), 'diff-'));
afterAll(() => rm(folder, { recursive: true }));

const REASON = "AWS's band is >20%, above the tolerated 20%";

const PIPED = { listedTypes: Number.POSITIVE_INFINITY, width: Number.POSITIVE_INFINITY };

type Types = Readonly<
  Record<string, [band: string, action: string | null, nodes?: number, urgent?: boolean]>
>;

/** A result of one cluster: of each type its band, its action, and how many Spot nodes run. */
function resultOf(
  types: Types,
  changes: Record<string, unknown> = {},
  cluster: Record<string, unknown> = {},
) {
  const decided = Object.entries(types).flatMap(([instanceType, [band, action, nodes, urgent]]) =>
    action === null
      ? []
      : [
          {
            instanceType,
            band,
            savings: 60,
            action,
            reason: REASON,
            expiresAt: null,
            ...(nodes && { nodes }),
            ...(urgent !== undefined && { urgent }),
          },
        ],
  );
  const regions: Record<string, Record<string, number>> = {};
  for (const [type, [band]] of Object.entries(types)) regions[band] = { ...regions[band], [type]: 60 };
  return {
    ...{ status: 'completed', operation: 'apply', dryRun: false, startedAt: '2026-02-13T12:00:00.000Z' },
    target: { name: 'default', region: 'us-east-1', os: 'Linux' },
    policy: { interruptionThreshold: 20, blacklistedBands: ['>20%'], blacklistHours: 5 },
    feed: null,
    clusters: [
      {
        ...{ clusterId: 'one', clusterName: 'production', region: 'us-east-1', status: 'completed' },
        ...{ actions: {}, outcome: { succeeded: 0, failed: 0, deferred: 0, verified: null } },
        decisions: decided,
        ...cluster,
      },
    ],
    regions: { 'us-east-1': regions },
    ...changes,
  };
}

function shown(value: unknown): ShownResult {
  const { result, problem } = readResult(JSON.parse(JSON.stringify(value)));
  if (result === null) throw new Error(problem);
  return result;
}

const YESTERDAY = resultOf({
  'm5.large': ['15-20%', null],
  'm5.xlarge': ['>20%', 'keep', 2],
  'c5.large': ['>20%', 'keep', 4],
  'c5.xlarge': ['>20%', 'add'],
  'g5.xlarge': ['>20%', 'keep'],
  'r5.large': ['5-10%', null],
  'r5.xlarge': ['>20%', 'spare'],
});
const TODAY = resultOf(
  {
    'm5.large': ['>20%', 'add', 3],
    'm5.xlarge': ['>20%', 'renew', 2],
    'c5.large': ['10-15%', 'lapse', 4],
    'c5.xlarge': ['<5%', null],
    'g5.xlarge': ['>20%', 'spare', 1],
    'r5.large': ['>20%', 'add'],
    'r5.xlarge': ['>20%', 'spare'],
  },
  {},
  { nodes: { spot: 80, onBlacklisted: 5 } },
);

async function diff(before: unknown, after: unknown, ...flags: string[]) {
  const files = [join(folder, 'a.json'), join(folder, 'b.json')] as const;
  await writeFile(files[0], JSON.stringify(before));
  await writeFile(files[1], JSON.stringify(after));
  return cli(null, ['diff', ...files, ...flags]);
}

test('totals come first, then the changes by kind and reason; types in use before others', async () => {
  const { code, stdout, stderr } = await diff(YESTERDAY, TODAY);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.split('\n')).toEqual([
    'production (us-east-1)',
    'Changes: +2 now kept off Spot, ~1 now kept available, -2 calmed down.',
    'As before, 1 types are kept off Spot, and 1 risky ones are kept available.',
    '5 of your 80 Spot nodes are of types above 20%; they keep running, and are not bought again.',
    `now kept off Spot; ${REASON}:`,
    '+ m5.large  15-20% -> >20%; 3 Spot nodes',
    '+ r5.large  5-10% -> >20%',
    `now kept available; ${REASON}:`,
    '~ g5.xlarge  >20%; 1 Spot node',
    `calmed down; ${REASON}:`,
    '- c5.large  >20% -> 10-15%; 4 Spot nodes',
    'calmed down:',
    '- c5.xlarge  >20% -> <5%',
    '',
  ]);
});

test('at a terminal, ten changes of each kind are listed, within its width', () => {
  const types = (band: string, action: string | null): Types =>
    Object.fromEntries(Array.from({ length: 226 }, (_, index) => [`m${index}.large`, [band, action]]));
  const [calm, risky] = [resultOf(types('<5%', null)), resultOf(types('>20%', 'add'))];
  const changes = diffOf(shown(calm), shown(risky));
  const lines = viewDiff(changes, 'text', { listedTypes: 10, width: 50 }).split('\n');
  expect(lines.filter((line) => line.startsWith('+ '))).toHaveLength(10);
  expect(lines.join('\n')).toContain('… and 216 more now kept off Spot');
  expect(lines.filter((line) => line.length > 50)).toEqual([]);
  const piped = viewDiff(changes, 'text', PIPED).split('\n');
  expect(piped.filter((line) => line.startsWith('+ '))).toHaveLength(226);
});

test('a risky type that is released because a floor needs it is kept available, not calm', () => {
  const types: Types = {
    'g5.xlarge': ['>20%', 'release', 1, true],
    'm5.large': ['<5%', 'release', 1, false],
  };
  const before = resultOf({ 'g5.xlarge': ['>20%', 'keep'], 'm5.large': ['<5%', 'keep'] });
  const kinds = (one: unknown, other: unknown) =>
    diffOf(shown(one), shown(other)).clusters[0]?.changes.map(({ kind, instanceType }) => [
      kind,
      instanceType,
    ]);
  expect(kinds(before, resultOf(types))).toEqual([
    ['spared', 'g5.xlarge'],
    ['calmed', 'm5.large'],
  ]);
  // The next run says so with another action.
  const next = resultOf({ 'g5.xlarge': ['>20%', 'spare'], 'm5.large': ['<5%', null] });
  expect(kinds(resultOf(types), next)).toEqual([]);
});

test('changes are a table in Markdown', async () => {
  const { code, stdout } = await diff(YESTERDAY, TODAY, '--format', 'markdown');
  expect(code).toBe(0);
  const lines = stdout.split('\n');
  expect(lines.slice(0, 5)).toEqual([
    '## production (us-east-1)',
    '',
    '| change | type | band | Spot nodes | why |',
    '| --- | --- | --- | ---: | --- |',
    "| now kept off Spot | m5.large | 15-20% -&gt; &gt;20% | 3 | AWS's band is &gt;20%, above the tolerated 20% |",
  ]);
  expect(lines.filter((line) => line.startsWith('| '))).toHaveLength(7);
});

test('two equal results have no changes', async () => {
  const { stdout } = await diff(TODAY, TODAY);
  expect(stdout).not.toMatch(/^[+~-] /m);
  expect(stdout).toContain(
    'Nothing has changed: 3 types are kept off Spot, and 2 risky ones are kept available.',
  );
});

describe('what cannot be compared is refused', () => {
  test.each<[string, unknown, string]>([
    ['another target', { ...TODAY, target: { ...TODAY.target, name: 'other' } }, 'target: default and other'],
    [
      'another OS',
      { ...TODAY, target: { ...TODAY.target, os: 'Windows' } },
      'operating system: Linux and Windows',
    ],
    ['a result of clear', { ...TODAY, operation: 'clear' }, 'A result of clear'],
    ['no result', { hello: 'world' }, 'b.json is not a result of spot-blacklist'],
    ['an error', { errorType: 'FeedError', errorMessage: 'x' }, 'the function failed with FeedError'],
  ])('%s', async (_, after, words) => {
    const { code, stdout, stderr } = await diff(YESTERDAY, after);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(words) });
    expect(stderr).toMatch(/^SettingsError: /);
  });

  test('a missing file', async () => {
    const { code, stderr } = await cli(null, ['diff', join(folder, 'none.json'), join(folder, 'none.json')]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining('cannot be read (ENOENT)') });
  });

  test('another format', async () => {
    expect(await diff(YESTERDAY, TODAY, '--format', 'html')).toMatchObject({ code: 2, stdout: '' });
  });
});

const textOf = (before: unknown, after: unknown) =>
  viewDiff(diffOf(shown(before), shown(after)), 'text', PIPED);

test('a cluster that only one result has, or that one could not plan, is named with the reason', () => {
  const other = resultOf({}, {}, { clusterId: 'two', clusterName: 'staging' });
  const text = textOf(YESTERDAY, other);
  expect(text).toContain('staging (us-east-1) is not in the earlier result.');
  expect(text).toContain('production (us-east-1) is not in the later result.');
  const failed = resultOf({}, {}, { status: 'failed' });
  expect(textOf(YESTERDAY, failed)).toContain('was not planned in the later result (failed).');
  const omitted = resultOf({}, {}, { decisionsOmitted: 400 });
  expect(textOf(omitted, TODAY)).toContain('has no decisions in the earlier result');
});

test('another threshold, and results in the wrong order, are noted', () => {
  const policy = { ...TODAY.policy, interruptionThreshold: 10 };
  const later = { ...YESTERDAY, startedAt: '2026-02-14T12:00:00.000Z' };
  const text = textOf(later, { ...TODAY, policy });
  expect(text).toContain('The threshold was 20% and is 10%.');
  expect(text).toContain('The first result is later than the second.');
});

test('untrusted names are plain text in both formats', () => {
  const hostile = `${ATTACKS.join(' ')} | a | [x](javascript:1) \n# forged\u001b[31m`;
  const after = resultOf({ 'm5.large': [hostile, 'add'] }, {}, { clusterName: hostile });
  for (const format of ['text', 'markdown'] as const) {
    const text = viewDiff(diffOf(shown(YESTERDAY), shown(after)), format, PIPED);
    expect(text).not.toContain('\u001b');
    expect(text).not.toMatch(/^# forged/m);
    if (format === 'markdown') expect(text).not.toMatch(/<script|<img|[^\\]\[x\]/);
  }
});

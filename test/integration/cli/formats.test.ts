// What `--format` prints on stdout, and what `--detailed-exitcode` says.
import { describe, expect, test } from 'vitest';
import { documentOf } from '../../../cli/views/plan-document.ts';
import type { RunResult } from '../../../lambda/report/result.ts';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { cli, LINUX_20 } from '../../support/cli.ts';
import { ATTACKS } from '../../support/hostile.ts';
import { runHere } from '../../support/run-here.ts';

const PLAN = ['plan', ...LINUX_20];

async function dryResult(): Promise<RunResult> {
  await using sandbox = await startSandbox();
  return (await runHere(sandbox, { payload: { dryRun: true } })).result;
}

/** A CSV document as a spreadsheet reads it. */
function cellsIn(csv: string): string[][] {
  return csv
    .trimEnd()
    .split('\n')
    .map((line) =>
      // At the commas that have an even number of quotes behind them.
      line
        .split(/,(?=(?:[^"]*"[^"]*")*[^"]*$)/)
        .map((cell) => cell.replace(/^"(.*)"$/, '$1').replaceAll('""', '"')),
    );
}

describe('--format', () => {
  test('markdown begins with the outcome, folds the types of each action, and says once what all have in common', async () => {
    await using sandbox = await startSandbox();
    const { code, stdout, stderr } = await cli(sandbox, [...PLAN, '--format', 'markdown']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^## sandbox-us-east-1 \(us-east-1\)\n\n(.*\n\n)?Decided: add 445, spare 4\. /m);
    const [, added = '', spared = ''] = stdout.split('<details>');
    expect(added).toMatch(
      /^<summary>add 445: to be blacklisted<\/summary>\n\nband: &gt;20%; why: [^\n]*\n\n\| type \|/,
    );
    expect(added.match(/^\| [a-z0-9-]+\.\S+ \|/gm)).toHaveLength(445);
    expect(spared.match(/^\| g5g\.\S+ \|/gm)).toHaveLength(4);
    // The list is in the document.
    expect(stderr).toContain('decided: add 445, spare 4');
    expect(stderr).not.toContain('a1.large');
  });

  test('csv lists every decision, with its outcome after a live run', async () => {
    await using sandbox = await startSandbox();
    await cli(sandbox, ['apply', ...LINUX_20, '--auto-approve', '--never-blacklist', 'm5.*']);
    const { stdout } = await cli(sandbox, ['apply', ...LINUX_20, '--auto-approve', '--format', 'csv']);
    const [heads, ...rows] = cellsIn(stdout);
    expect(heads?.slice(0, 5)).toEqual(['cluster', 'cluster_id', 'region', 'action', 'instance_type']);
    expect(new Set(rows.map((row) => row.length))).toEqual(new Set([heads?.length]));
    const [added] = rows.filter((row) => row[3] === 'add');
    expect(added?.[4]).toMatch(/^m5\./);
    expect(added?.[heads?.indexOf('outcome') ?? -1]).toBe('succeeded');
    expect(rows.filter((row) => row[3] === 'keep').length).toBeGreaterThan(400);
  });

  test('json is what --json prints', async () => {
    await using sandbox = await startSandbox();
    const [one, other] = [
      await cli(sandbox, [...PLAN, '--format', 'json']),
      await cli(sandbox, ['--json', '--dry-run', ...LINUX_20]),
    ];
    const { startedAt: _, clusters } = JSON.parse(one.stdout);
    expect(clusters[0].actions).toEqual(JSON.parse(other.stdout).clusters[0].actions);
  });

  test('table lists all types if there is no terminal', async () => {
    await using sandbox = await startSandbox();
    const { stdout } = await cli(sandbox, PLAN);
    expect(stdout.match(/^ {4}\+ \S+ /gm)).toHaveLength(445);
    expect(stdout).not.toContain('\u001b');
  });
});

const FORMULAS = [
  '=1+1',
  '+1',
  '-1',
  '@SUM(A1)',
  '\t=1',
  '＝1+1',
  ' =1',
  '"=1"',
  '=HYPERLINK("http://x";"y")',
  'a\r\n=1',
];

test.each([...FORMULAS, ...ATTACKS])(
  'a cluster called %j is plain text in a single cell of a spreadsheet',
  async (clusterName) => {
    const { clusters, ...result } = await dryResult();
    const [cluster] = clusters;
    if (cluster === undefined) throw new Error('no cluster');
    const csv = documentOf({ ...result, clusters: [{ ...cluster, clusterName }] }, 'csv');
    const [heads, ...rows] = cellsIn(csv);
    expect(rows).toHaveLength(cluster.decisions.length);
    for (const row of rows) {
      expect(row).toHaveLength(heads?.length ?? 0);
      for (const cell of row) expect(cell).not.toMatch(/^\s*[=+\-@＝＋－＠]|\p{Cc}/u);
    }
  },
);

test.each(ATTACKS)('a cluster called %j is plain text in Markdown', async (clusterName) => {
  const { clusters, ...result } = await dryResult();
  const named = clusters.map((cluster) => ({ ...cluster, clusterName, decisions: [] }));
  const lines = documentOf({ ...result, clusters: named }, 'markdown').split('\n');
  const plain = documentOf(
    { ...result, clusters: named.map((one) => ({ ...one, clusterName: 'x' })) },
    'markdown',
  );
  expect(lines).toHaveLength(plain.split('\n').length);
  expect(lines.join('')).not.toMatch(/<[a-z!/]/i);
});

test.each([
  [1, 8, /^\d+ more types are left out\.$/m],
  [400, 1, /^(\d+ types|\d+ more clusters) are left out\.$/m],
])(
  'markdown of %i clusters with long reasons fits into a comment, and counts what it leaves out',
  async (count, times, left) => {
    const { clusters, ...result } = await dryResult();
    const [cluster] = clusters;
    if (cluster === undefined) throw new Error('The result has no cluster.');
    const decisions = cluster.decisions.map((decision, index) => ({
      ...decision,
      reason: `${index} ${decision.reason.repeat(times)}`,
    }));
    const many = Array.from({ length: count }, () => ({ ...cluster, decisions }));
    const document = documentOf({ ...result, clusters: many }, 'markdown');
    expect(document.length).toBeLessThanOrEqual(65_536);
    expect(document).toMatch(left);
  },
);

describe('--detailed-exitcode', () => {
  const code = async (sandbox: Parameters<typeof cli>[0], args: readonly string[]) =>
    (await cli(sandbox, [...args, '--detailed-exitcode'])).code;

  test('is 2 while changes are pending, and 0 once they are written', async () => {
    await using sandbox = await startSandbox();
    expect(await code(sandbox, PLAN)).toBe(2);
    expect(await code(sandbox, ['clear', '--dry-run'])).toBe(0);
    expect(await code(sandbox, ['apply', ...LINUX_20, '--auto-approve'])).toBe(0);
    expect(await code(sandbox, PLAN)).toBe(0);
    expect(await code(sandbox, ['clear', '--dry-run'])).toBe(2);
  });

  test.each([
    ['wrong usage', ['plan', '--frobnicate']],
    ['wrong settings', ['plan', '--os', 'Linux']],
    ['a run that cannot start', ['plan', ...LINUX_20, '--region', 'mars-1']],
  ])('is 1 for %s', async (_, args) => {
    await using sandbox = await startSandbox();
    expect(await code(sandbox, args)).toBe(1);
  });
});

// Own evidence on the command line: from AWS, from a file, and how it is shown.
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { historyOf, type Machines } from '../../../cli/demo/sandbox/aws/capacity-manager.ts';
import { DEFAULT_TEMPLATE, makeTemplate } from '../../../cli/demo/sandbox/castai/inventory.ts';
import { HOURS, INTERRUPTIONS } from '../../../lambda/aws/metric-tally.ts';
import type { RunResult } from '../../../lambda/report/result.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { cli, cliProcess, LINUX_20, NO_KEYS } from '../../support/cli.ts';
import { smallFeed } from '../../support/deployment.ts';

const LOOSE = {
  MIN_TYPES_PER_ARCHITECTURE: '0',
  MIN_FAMILIES_PER_ARCHITECTURE: '0',
  MIN_TYPES_PER_TEMPLATE: '0',
  MAX_BLACKLIST_SHARE: '1',
};
const DRY = [...LINUX_20, '--dry-run'];
const RISKY_MACHINES: Machines = {
  instanceType: 'm5.large',
  machines: 6,
  interruptions: { 5: 1, 50: 1, 90: 1, 200: 1 },
};

let sandbox: Sandbox;
let folder: AsyncDisposable & { readonly path: string };

beforeAll(async () => {
  sandbox = await startSandbox();
  folder = await mkdtempDisposable(join(tmpdir(), 'own-evidence-'));
});

beforeEach(() => {
  sandbox.castai.entries = [];
  sandbox.castai.inventory.templates = [DEFAULT_TEMPLATE];
  sandbox.requests.length = 0;
  sandbox.feed.replace(smallFeed({ 'm5.large': 1, 'c5.large': 4, 'r5.large': 4 }));
  sandbox.capacityManager.machineHours = historyOf(
    [RISKY_MACHINES, { instanceType: 'c5.large', machines: 40 }],
    Date.now(),
  );
});

afterAll(async () => {
  await sandbox.close();
  await folder[Symbol.asyncDispose]();
});

const run = (...args: string[]) => cli(sandbox, [...DRY, ...args], LOOSE);
/** The same with a query to AWS. */
const runAsking = (...args: string[]) => cliProcess(sandbox, [...DRY, ...args], LOOSE);
const actionsIn = (stdout: string) => {
  const { clusters }: RunResult = JSON.parse(stdout);
  return Object.fromEntries(clusters[0]?.decisions.map((one) => [one.instanceType, one.action]) ?? []);
};
const asked = () => sandbox.requests.filter(({ route }) => route === 'evidence').length;

/** A file as the AWS CLI prints it: hourly, by type, platform, region and zone. */
async function evidenceFile(
  hours = historyOf([RISKY_MACHINES, { instanceType: 't3.large', machines: 40 }], Date.now()),
  metrics: readonly string[] = [HOURS, INTERRUPTIONS],
): Promise<string> {
  const file = join(folder.path, 'evidence.json');
  const points = hours.map(({ region, zone, instanceType, platform, time, ...counts }) => ({
    Dimension: {
      ResourceRegion: region,
      AvailabilityZoneId: zone,
      InstanceType: instanceType,
      InstancePlatform: platform,
    },
    Timestamp: new Date(time).toISOString().replace('.000Z', '+00:00'),
    MetricValues: [
      { Metric: HOURS, Value: counts.hours },
      { Metric: INTERRUPTIONS, Value: counts.interruptions },
    ].filter(({ Metric }) => metrics.includes(Metric)),
  }));
  await writeFile(file, JSON.stringify({ MetricDataResults: points }, null, 4));
  return file;
}

describe('own evidence', () => {
  it('is read from AWS, and decides', async () => {
    const { code, stdout } = await runAsking('--own-evidence', 'decide', '--json');
    expect(code).toBe(0);
    expect(actionsIn(stdout)).toEqual({ 'm5.large': 'add', 'r5.large': 'add' });
    // The status, the figures by day, and those of m5.large by hour.
    expect(asked()).toBe(3);
  });

  it('is shown with its disagreements with the bands', async () => {
    const { stdout } = await runAsking('--own-evidence', 'report');
    expect(stdout).toMatch(
      /Own evidence \(only shown\), [\d-]+ to [\d-]+: 15,456 machine-hours, 4 interruptions\./,
    );
    expect(stdout).toContain("Risky by it, but not by AWS's band: m5.large.");
    expect(stdout).toContain("Calm by it, but risky by AWS's band: c5.large.");
  });

  it('that is missing is a warning, and shown as none', async () => {
    sandbox.capacityManager.machineHours = [];
    const { code, stdout } = await runAsking('--own-evidence', 'report');
    expect(code).toBe(0);
    expect(stdout).toContain('aws ec2 get-capacity-manager-attributes --region us-east-1');
    expect(stdout).toContain("Own evidence: none, so AWS's bands decide.");
  });

  it('that cannot be read, because AWS cannot identify the caller, is a warning that says why', async () => {
    const { code, stdout } = await cliProcess(sandbox, ['plan', ...LINUX_20, '--own-evidence', 'report'], {
      AWS_PROFILE: 'nobody',
      AWS_REGION: undefined,
      AWS_CONFIG_FILE: join(folder.path, 'absent'),
      AWS_EC2_METADATA_DISABLED: 'true',
    });
    expect(code).toBe(0);
    expect(stdout).toContain(
      "Own evidence could not be read, so AWS's bands decide. The AWS profile nobody does not exist. Set AWS_PROFILE to one of: aws configure list-profiles",
    );
  });

  it('is on the page, beside the band, of calm types too', async () => {
    const page = join(folder.path, 'page.html');
    await runAsking('--own-evidence', 'decide', '--report', page);
    const text = await readFile(page, 'utf8');
    expect(text).toContain('<th scope="col" aria-sort="none">Own ratio</th>');
    // The others of m5.large were never interrupted.
    expect(text).toContain('– <small>4 in 2,016 h</small>');
    expect(text).toContain('×0 <small>0 in 13,440 h</small>');
    expect(text).toContain(
      'In 14 days, machines of types that are kept off now were interrupted 1.98 per 1,000 machine-hours (4 in 2,016); of all others, 0.00 per 1,000 machine-hours (0 in 13,440).',
    );
    expect(text).toContain('Calm by it, but risky by AWS&#39;s band: c5.large.');
  });

  it('calls no type calm where CAST AI predicts interruptions: plan and page say why', async () => {
    const constraints = { spot: true, spotInterruptionPredictionsEnabled: true };
    sandbox.castai.inventory.templates = [makeTemplate('web', constraints)];
    const page = join(folder.path, 'predicted.html');
    const { stdout } = await runAsking('--own-evidence', 'report', '--report', page);
    const why =
      /Interruptions of any type may be missing, so none counts as calm: CAST AI(&#39;|')s interruption prediction/;
    for (const text of [stdout, await readFile(page, 'utf8')]) {
      expect(text).toMatch(why);
      expect(text).not.toContain('Calm by it');
    }
  });

  it('is not on the page if it was not requested', async () => {
    const page = join(folder.path, 'plain.html');
    await run('--report', page);
    expect(await readFile(page, 'utf8')).not.toMatch(/Own ratio|Own evidence|Own interruptions/);
  });
});

describe('own evidence from a file', () => {
  it('is used instead of AWS, without any account', async () => {
    const args = ['--region', 'us-east-1', '--own-evidence', 'decide', '--json'];
    const { code, stdout } = await cli(
      sandbox,
      [...DRY, ...args, '--own-evidence-file', await evidenceFile()],
      { ...LOOSE, ...NO_KEYS },
    );
    expect(code).toBe(0);
    expect(actionsIn(stdout)).toEqual({ 'm5.large': 'add', 'c5.large': 'add', 'r5.large': 'add' });
    const { evidence }: RunResult = JSON.parse(stdout);
    expect(evidence?.regions['us-east-1']).toEqual({
      'm5.large': { hours: 2016, interruptions: 4, ratio: null, verdict: 'risky' },
    });
    expect(asked()).toBe(0);
  });

  it('is only reported by default', async () => {
    const { stdout } = await run('--own-evidence-file', await evidenceFile(), '--json');
    const { evidence }: RunResult = JSON.parse(stdout);
    expect(evidence?.mode).toBe('report');
    expect(actionsIn(stdout)).toEqual({ 'c5.large': 'add', 'r5.large': 'add' });
  });

  it('that is too old, or of another region, is a warning', async () => {
    const old = historyOf([RISKY_MACHINES], Date.now() - 30 * 86_400_000);
    const { code, stdout } = await run('--own-evidence-file', await evidenceFile(old));
    expect(code).toBe(0);
    expect(stdout).toContain('no figures about Spot machines of us-east-1, Linux');
  });

  it.each([
    ['the interruptions', [HOURS], INTERRUPTIONS],
    ['the hours', [INTERRUPTIONS], HOURS],
  ])('that lacks %s is a warning, and nothing is calm by it', async (_, metrics, missing) => {
    const calm = historyOf([{ instanceType: 'c5.large', machines: 40, interruptions: { 5: 1 } }], Date.now());
    const file = await evidenceFile(calm, metrics);
    const args = ['--own-evidence', 'decide', '--own-evidence-file', file, '--json'];
    const { code, stdout } = await run(...args);
    expect(code).toBe(0);
    expect(actionsIn(stdout)).toEqual({ 'c5.large': 'add', 'r5.large': 'add' });
    const { warnings }: RunResult = JSON.parse(stdout);
    expect(warnings.join()).toContain(`days without ${missing}: 14`);
  });

  it.each([
    ['is missing', null, 'cannot be read (ENOENT)'],
    ['is no JSON', '{', 'has no MetricDataResults'],
    ['is something else', '{"clusters":[]}', 'has no MetricDataResults'],
  ])('that %s is an error before any request', async (_, content, message) => {
    const file = join(folder.path, content === null ? 'missing.json' : 'wrong.json');
    if (content !== null) await writeFile(file, content);
    const { code, stderr } = await run('--own-evidence-file', file);
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(sandbox.requests).toEqual([]);
  });

  it('has no use while own evidence is off', async () => {
    const { code, stderr } = await run('--own-evidence', 'off', '--own-evidence-file', await evidenceFile());
    expect(code).toBe(2);
    expect(stderr).toContain('Add --own-evidence report or decide.');
  });
});

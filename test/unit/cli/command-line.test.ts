import { describe, expect, test } from 'vitest';
import { CommandLineEnd, readCommandLine } from '../../../cli/command-line.ts';
import { FLAGS, flagOf } from '../../../cli/run/flags.ts';
import { SETTINGS } from '../../resilience/fuzz/setting-samples.ts';
import { CLONE_COMMANDS as COMMANDS } from '../../serve/commands.ts';

/** What is read, printed, and the exit code, if the process ends there. */
function read(args: readonly string[], environment: Record<string, string> = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const writers = { out: (text: string) => void out.push(text), err: (text: string) => void err.push(text) };
  const outcome = () => {
    try {
      return { invocation: readCommandLine(args, environment, '1.2.3', writers, COMMANDS), code: null };
    } catch (error) {
      if (!(error instanceof CommandLineEnd)) throw error;
      return { invocation: null, code: error.exitCode };
    }
  };
  return { ...outcome(), out: out.join(''), err: err.join('') };
}

/** What only a deployment has: a schedule, and events. */
const OF_THE_STACK = ['scheduleGapMinutes', 'scheduleTimes', 'eventBus', 'fanOutQueueUrl'];

test('every setting of the command line has a flag, and the help lists every flag', () => {
  const variables = FLAGS.map(({ variable }) => variable);
  expect(variables).toEqual(
    expect.arrayContaining(
      SETTINGS.filter(({ key }) => !OF_THE_STACK.includes(key)).map(({ variable }) => variable),
    ),
  );
  const { code, out, err } = read(['apply', '--help']);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  for (const variable of variables) expect(out).toContain(`${flagOf(variable)} `);
  for (const part of ['--auto-approve', '--json', '--report', '--format', '--detailed-exitcode'])
    expect(out).toContain(part);
});

test('the help of the program lists the commands, and not the flags of the form without one', () => {
  const { code, out } = read(['--help']);
  expect(code).toBe(0);
  for (const { name, summary } of COMMANDS) expect(out).toMatch(new RegExp(`^ {2}${name} +${summary}$`, 'm'));
  expect(out).toContain('Examples:');
  expect(out).not.toMatch(/^ {2}--os/m);
});

test.each(COMMANDS)('the help of $name begins with what it does', ({ name, summary }) => {
  const { code, out } = read([name, '--help']);
  expect(code).toBe(0);
  expect(out).toContain(`Usage: spot-blacklist ${name} `);
  expect(out.replaceAll(/\s+/g, ' ')).toContain(summary);
});

test('the help of plan offers no approval, and that of clear no policy', () => {
  expect(read(['plan', '--help']).out).not.toMatch(/--auto-approve|--dry-run/);
  expect(read(['clear', '--help']).out).not.toMatch(/--os|--interruption-threshold|--release-calm/);
  expect(read(['clear', '--help']).out).toContain('--target-name');
});

test.each([['--help'], ...COMMANDS.map(({ name }) => [name, '--help'])])(
  'the help fits 80 columns: %s %s',
  (...args) => {
    const { out } = read(args);
    expect(out.split('\n').filter((line) => line.length > 80)).toEqual([]);
  },
);

test.each(COMMANDS)('help $name is the same as $name --help', ({ name }) => {
  expect(read(['help', name])).toEqual(read([name, '--help']));
});

test('help alone is the help of the program, and that of an unknown command is wrong usage', () => {
  expect(read(['help'])).toEqual(read(['--help']));
  expect(read(['help', 'paln'])).toMatchObject({ code: 2, out: '' });
});

test.each(['-h', '--help'])('demo %s lists the flags of the demonstration only', (help) => {
  const { code, out } = read(['demo', help]);
  expect(code).toBe(0);
  expect(out).toContain('Usage: spot-blacklist demo [options]');
  const flags = ['--region', '--os', '--interruption-threshold', '--feed', '--live', '--serve', '--port'];
  for (const flag of flags) expect(out).toContain(`${flag} `);
  expect(out).not.toMatch(/ --threshold|--api-key/);
});

test('a flag is read as the text of its variable', () => {
  expect(read(['--os', 'Linux', '--release-calm=no', '--dry-run', '--json']).invocation).toMatchObject({
    command: 'run',
    flags: { OS: 'Linux', RELEASE_CALM: 'no', DRY_RUN: 'true' },
    operation: 'apply',
    autoApprove: false,
    format: 'json',
    report: null,
  });
});

test.each<[string[], object]>([
  [['plan', '--os', 'Linux'], { operation: 'apply', flags: { OS: 'Linux', DRY_RUN: 'true' } }],
  [['plan', '--dry-run=no'], { operation: 'apply', flags: { DRY_RUN: 'true' } }],
  [['apply', '--os', 'Linux'], { operation: 'apply', flags: { OS: 'Linux' } }],
  [['apply', '--dry-run'], { operation: 'apply', flags: { DRY_RUN: 'true' } }],
  [['clear', '--auto-approve'], { operation: 'clear', flags: {}, autoApprove: true }],
  [['clear', '--os', 'Linux'], { operation: 'clear', flags: { OS: 'Linux' } }],
  [['--os', 'Linux', 'plan', '--format', 'csv'], { flags: { OS: 'Linux', DRY_RUN: 'true' }, format: 'csv' }],
  [['--os', 'Linux', 'plan', '--os', 'Windows'], { flags: { OS: 'Windows', DRY_RUN: 'true' } }],
  [
    ['plan', '--config', 'x.json'],
    { flags: { DRY_RUN: 'true' }, deployment: { file: 'x.json', target: null } },
  ],
  [['clear', '--target', 'prod'], { operation: 'clear', deployment: { file: 'cdk.json', target: 'prod' } }],
  [['--target', 'prod', 'apply'], { deployment: { file: 'cdk.json', target: 'prod' } }],
])('%j is read as a run', (args, invocation) => {
  expect(read(args).invocation).toEqual({
    command: 'run',
    flags: {},
    operation: 'apply',
    deployment: null,
    feed: null,
    ownEvidenceFile: null,
    autoApprove: false,
    format: 'table',
    report: null,
    detailedExitCode: false,
    ...invocation,
  });
});

test.each([
  [['surplus'], ["unknown command 'surplus'\n"]],
  [['paln'], ["unknown command 'paln'\n(Did you mean plan?)"]],
  [['aply'], ["unknown command 'aply'\n(Did you mean apply?)"]],
  [['--os', 'Linux', 'repot', 'x.json'], ["unknown command 'repot'\n(Did you mean report?)"]],
  [
    ['plan', '--interuption-threshold', '20'],
    ['(Did you mean --interruption-threshold?)', '(spot-blacklist plan --help explains every flag)'],
  ],
  [['plan', '--auto-approve'], ["unknown option '--auto-approve'"]],
  [['plan', '--format', 'xml'], ['Allowed choices are table, markdown, csv, json']],
  [['plan', '--json', '--format', 'csv'], ["cannot be used with option '--format <name>'"]],
  [['apply', '--feed', 'feed.json'], ["unknown option '--feed'"]],
  [['plan', '--feed', 'x', '--spot-advisor-url', 'y'], ["cannot be used with option '--spot-advisor-url"]],
  [['plan', 'surplus'], ['too many arguments']],
  [['--os', 'Linux', 'report', 'x.json'], ["--os stands before the command 'report'"]],
  [['--operation', 'clear'], ["unknown option '--operation'"]],
  [['demo', '--threshold', '20'], ["unknown option '--threshold'"]],
  [['report'], ['result.json']],
  [['report', 'result.json', '--dry-run'], ['--dry-run']],
  [['demo', '--frobnicate'], ['--frobnicate']],
  [['demo', 'surplus'], ['too many arguments']],
  [['demo', '--dry-run'], ['--dry-run']],
  [['demo', '--live', '--feed', 'x.json'], ["'--feed <file>' cannot be used with option '--live'"]],
  [['demo', '--port', '0'], ['must be a number from 1 to 65535']],
  [['demo', '--port', '1e3'], ['must be a number from 1 to 65535']],
  [['demo', '--serve', '--report', 'x.html'], ["'--serve' cannot be used with option '--report"]],
  [['demo', '--port', '8080', '--report', 'x.html'], ["cannot be used with option '--report"]],
])('%j is wrong usage, and --help is mentioned', (args, parts) => {
  const { code, out, err } = read(args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  for (const part of [...parts, '--help']) expect(err).toContain(part);
});

test.each([
  [['plan', '--report', '']],
  [['plan', '--report=']],
  [['apply', '--report', ' ']],
  [['--os', 'Linux', '--report', '', 'apply']],
  [['plan', '--config', '']],
  [['plan', '--target', '']],
  [['plan', '--feed', '']],
  [['plan', '--own-evidence-file', '']],
  [['plan', '--never-blacklist', '']],
  [['apply', '--always-blacklist=']],
  [['clear', '--cluster-id', '']],
  [['demo', '--feed', '']],
  [['demo', '--report', '']],
  [['probe', '--output', '']],
  [['report', '']],
  [['report', 'result.json', '']],
  [['diff', 'result.json', '']],
])('%j has an empty value, which is wrong usage', (args) => {
  const { code, out, err } = read(args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  expect(err).toMatch(/^error: '.*' has an empty value/);
});

describe('a flag that npm consumed', () => {
  const ofNpm = (event: string, flag: string) => ({
    npm_package_name: 'spot-blacklist',
    npm_lifecycle_event: event,
    [`npm_config_${flag}`]: 'true',
  });

  test.each([
    [['demo'], 'start', 'serve', 'npm consumed --serve', 'npm start -- --serve …'],
    [[], 'spot-blacklist', 'dry_run', 'npm consumed --dry-run', 'npm run spot-blacklist -- --dry-run …'],
    [
      ['plan'],
      'spot-blacklist',
      'report',
      'npm consumed --report',
      'npm run spot-blacklist -- plan --report …',
    ],
    [
      ['eu-west-1', 'plan'],
      'spot-blacklist',
      'region',
      'npm consumed --region',
      'npm run spot-blacklist -- plan --region …',
    ],
    [
      ['apply', '--os', 'Linux'],
      'spot-blacklist',
      'auto_approve',
      'npm consumed --auto-approve',
      'npm run spot-blacklist -- apply --auto-approve …',
    ],
    [['diff', 'a', 'b'], 'spot-blacklist', 'format', 'npm consumed --format', '-- diff --format …'],
  ])('is wrong usage: %j in npm’s %s with %s', (args, event, flag, ...parts) => {
    const { code, err } = read(args, ofNpm(event, flag));
    expect(code).toBe(2);
    for (const part of parts) expect(err).toContain(part);
  });

  test('is read if it also follows the --', () => {
    const { invocation } = read(['--dry-run'], ofNpm('spot-blacklist', 'dry_run'));
    expect(invocation).toMatchObject({ flags: { DRY_RUN: 'true' } });
  });

  test('is ignored in the script of another package', () => {
    const environment = { ...ofNpm('start', 'serve'), npm_package_name: 'other' };
    expect(read(['demo'], environment).invocation).toMatchObject({ serve: false });
  });
});

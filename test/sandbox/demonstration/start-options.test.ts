import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseOptions, UsageError } from './start-options.ts';

const DEFAULTS = {
  region: 'us-east-1',
  os: 'Linux',
  threshold: '20',
  live: false,
  serve: false,
  help: false,
};

/** What is said about a command line that makes no sense. */
function refusal(args: readonly string[], environment: Record<string, string> = {}): string {
  try {
    parseOptions(args, environment);
  } catch (error) {
    if (error instanceof UsageError) return error.message;
  }
  throw new Error('It was not refused.');
}

test('the defaults, and every option', () => {
  expect(parseOptions([], {})).toEqual(DEFAULTS);
  expect(parseOptions(['--threshold=-1', '--os', 'Windows', '--region', 'EU', '--live'], {})).toEqual({
    ...DEFAULTS,
    ...{ region: 'EU', os: 'Windows', threshold: '-1', live: true },
  });
  expect(parseOptions(['--serve', '--port', '9000'], {})).toEqual({ ...DEFAULTS, serve: true, port: 9000 });
  for (const help of ['-h', '--help']) expect(parseOptions([help], {})).toEqual({ ...DEFAULTS, help: true });
});

test('the path of a feed is relative to the current directory', () => {
  expect(parseOptions(['--feed', '/a.json'], {}).feedFile).toBe('/a.json');
  expect(parseOptions(['--feed', 'a.json'], {}).feedFile).toBe(join(process.cwd(), 'a.json'));
});

test.for([
  [['--frobnicate'], "Unknown option '--frobnicate'."],
  [['surplus'], "Unexpected argument 'surplus'. Options come after --: npm start -- --region eu-west-1"],
  [['--live', '--feed', 'x.json'], '--feed and --live exclude each other.'],
  [['--feed', ''], '--feed needs the name of a file.'],
  [['--threshold', '-1'], '--threshold needs a value. If -1 is meant, write --threshold=-1'],
  [['--threshold', '--live'], '--threshold needs a value.'],
  [['--port', '9000'], '--port goes with --serve.'],
  [['--serve', '--port', '0'], '--port must be a number from 1 to 65535, and not 0.'],
  [['--serve', '--port', '1e3'], '--port must be a number from 1 to 65535, and not 1e3.'],
] as const)('refuses %s in one sentence', ([args, message]) => {
  expect(refusal(args)).toBe(message);
});

describe('options without -- before them, which npm takes for its own', () => {
  test.for([
    ['--region eu-west-1', { region: 'true' }, ['eu-west-1'], '--region eu-west-1'],
    ['--threshold=10', { threshold: '10' }, [], '--threshold 10'],
    ['--os Windows --live', { os: 'Windows', live: 'true' }, [], '--os Windows --live'],
    ['--serve', { serve: 'true' }, [], '--serve'],
    ['--feed "my feed.json"', { feed: 'my feed.json' }, [], "--feed 'my feed.json'"],
    ['--port --region', { port: 'true', region: 'true' }, ['1', 'x'], '--region REGION --port PORT'],
  ] as const)('%s', ([, taken, positionals, meant]) => {
    const environment = Object.fromEntries(
      Object.entries(taken).map(([name, value]) => [`npm_config_${name}`, value]),
    );
    expect(refusal(positionals, environment)).toBe(
      `npm took options for its own. Write -- before them: npm start -- ${meant}`,
    );
  });

  test("an os in .npmrc does no harm where ours is given, and npm's other settings never do", () => {
    const environment = { npm_config_os: 'linux', npm_config_cache: '/tmp' };
    expect(parseOptions(['--os', 'Linux'], environment)).toEqual(DEFAULTS);
    expect(refusal([], environment)).toContain('--os linux');
  });
});

// Documents that are larger or deeper than they should be.
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startSandbox } from '../../sandbox/sandbox.ts';
import { type Deployment, deploy, logLines, smallFeed } from '../../support/deployment.ts';
import { runHere } from '../../support/run-here.ts';

let deployment: Deployment;
beforeAll(async () => {
  deployment = await deploy({ environment: { NEVER_BLACKLIST: '*-*-*-*' } });
});
beforeEach(() => deployment.reset());
afterAll(() => deployment[Symbol.asyncDispose]());

describe('a malformed feed', () => {
  it.each([
    ['brackets', '['.repeat(7_900_000)],
    ['objects in objects', '{"a":'.repeat(1_500_000)],
    ['megabytes of a type’s name', JSON.stringify(smallFeed({ [`m5.${'x'.repeat(5_000_000)}`]: 4 }))],
    ['hyphens', JSON.stringify(smallFeed({ [`${'-'.repeat(256_000)}.large`]: 4 }))],
    ['too many bytes', `{"a":"${'x'.repeat(9_000_000)}"}`],
  ])('of %s is refused within the function’s memory, in a short sentence', async (_, body) => {
    deployment.sandbox.feed.replace(body);
    const { name, code, message } = await deployment.fail();
    expect({ name, code }).toEqual({ name: 'FeedError', code: 'FEED_MALFORMED' });
    expect(message.length).toBeLessThan(500);
  });

  it('of thousands of regions causes an error that names some dozens of them, and only valid names', async () => {
    await using sandbox = await startSandbox();
    const names = Array.from({ length: 5_000 }, (_, index) => `region-${index}`);
    const regions = Object.fromEntries([...names, 'zq7 '.repeat(1_000)].map((name) => [name, {}]));
    sandbox.feed.replace({ ...smallFeed({}), spot_advisor: regions });
    const error: Error = await runHere(sandbox, { settings: { region: 'us-east-1' } }).then(
      () => new Error('it was taken'),
      (thrown) => thrown,
    );
    expect(error).toMatchObject({ code: 'UNKNOWN_REGION' });
    expect(error.message).toContain('and 4960 more');
    expect(error.message).not.toContain('zq7');
  });
});

it('of a thousand problems in the settings, some dozens are named', async () => {
  const payload = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, index) => [`key${'x'.repeat(index % 9)}-${index}`, 1]),
  );
  const { name, message } = await deployment.fail(payload);
  expect(name).toBe('SettingsError');
  expect(message).toContain('and 960 more');
  expect(message.length).toBeLessThan(5_000);
});

it('the log line of a run with long lists fits into CloudWatch’s limit', async () => {
  const never = Array.from({ length: 500 }, (_, index) => `x${index}${'y-'.repeat(25)}*`);
  const { log } = await deployment.invoke({ dryRun: true, neverBlacklist: never, alwaysBlacklist: never });
  for (const line of log.split('\n')) expect(Buffer.byteLength(line)).toBeLessThan(256 * 1024);
  expect(logLines(log).at(-1)?.['message']).toBe('Run completed');
});

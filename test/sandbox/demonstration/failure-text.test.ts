import { expect, test } from 'vitest';
import { failureText } from './failure-text.ts';
import type { StartOptions } from './start-options.ts';

const OPTIONS: StartOptions = {
  region: 'Mars-1',
  os: 'BeOS',
  threshold: 'abc',
  live: false,
  serve: false,
  help: false,
};

/** What is added to the function's own words. */
function added(errorType: string, errorMessage: string, options: Partial<StartOptions> = {}): string {
  const text = failureText({ errorType, errorMessage }, { ...OPTIONS, ...options });
  const own = `${errorType}: ${errorMessage}`;
  expect(text.startsWith(own)).toBe(true);
  return text.slice(own.length);
}

test('names the options that the settings come from', () => {
  expect(added('SettingsError', 'REGION must be a; INTERRUPTION_THRESHOLD must be b.')).toBe(
    ' (here: --region Mars-1 --threshold abc)',
  );
  expect(added('SettingsError', 'OS must be c.')).toBe(' (here: --os BeOS)');
  expect(added('SettingsError', 'payload key "OS" is not known.')).toBe('');
});

test('names the region and the OS that the feed lacks, unless a payload asked for them', () => {
  const lacks = (what: string, variable: string) =>
    `The feed has no ${what}, so nothing was changed. Set ${variable} to x.`;
  expect(added('FeedError', lacks('region called mars-1', 'REGION'))).toBe(' (here: --region Mars-1)');
  expect(added('FeedError', lacks('OS in mars-1 called BeOS', 'OS'))).toBe(' (here: --os BeOS)');
  expect(added('FeedError', lacks('region called pluto-1', 'REGION'))).toBe('');
});

test('names the file of a feed that is none, and the way around an AWS that is out of reach', () => {
  const broken = 'The feed is none. Check SPOT_ADVISOR_URL.';
  expect(added('FeedError', broken, { feedFile: '/x.json' })).toBe(' (here: --feed /x.json)');
  expect(added('FeedError', broken, { live: true })).toBe(' Leave out --live to use the stored feed.');
  expect(added('FeedError', broken)).toBe('');
  expect(added('CastAiError', 'REGION', { live: true })).toBe('');
});

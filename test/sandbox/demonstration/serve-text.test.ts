import { expect, test } from 'vitest';
import type { Invocation } from '../../../cli/sandbox/function/function.ts';
import { instructions, invocationLine } from './serve-text.ts';

const SERVED = {
  region: 'eu-west-1',
  os: 'Windows',
  threshold: '10',
  feedName: 'Feed x.json',
  endpointUrl: 'http://127.0.0.1:9000',
  castaiUrl: 'http://127.0.0.1:9001',
  castaiKey: 'key',
};

const linesWith = (text: string, part: string) => text.split('\n').filter((line) => line.includes(part));

test('says what is served, and how to invoke it in that region', () => {
  const text = instructions(SERVED, {});
  expect(text).toContain('for eu-west-1, Windows, threshold 10. Feed x.json.');
  const invocations = linesWith(text, 'aws lambda invoke');
  expect(invocations).toHaveLength(2);
  for (const line of invocations)
    expect(line).toContain('--endpoint-url http://127.0.0.1:9000 --region eu-west-1 --function-name');
  expect(text).toContain("\njq '.clusters[0].actions' out.json\n");
  expect(text).toContain('FunctionError');
  expect(text).not.toMatch(/proxy/i);
});

test.for([
  [{ http_proxy: 'http://proxy' }, 'NO_PROXY=127.0.0.1 '],
  [{ HTTP_PROXY: 'http://proxy', NO_PROXY: 'corp' }, 'NO_PROXY=127.0.0.1 '],
  [{ HTTP_PROXY: 'http://proxy', no_proxy: 'corp' }, 'no_proxy=127.0.0.1 '],
  [{ HTTP_PROXY: 'http://proxy', NO_PROXY: 'localhost,127.0.0.1' }, ''],
  [{ https_proxy: 'http://proxy' }, ''],
] as const)('leads around the proxy of %o', ([environment, prefix]) => {
  const text = instructions(SERVED, environment);
  for (const line of linesWith(text, 'aws lambda invoke'))
    expect(line.startsWith(`${prefix}AWS_ACCESS_KEY_ID=`)).toBe(true);
  expect(linesWith(text, 'curl')[0]?.startsWith(`${prefix}curl`)).toBe(true);
});

const base = { requestId: 'x', log: '', startedAt: 0, milliseconds: 12 };
const explain = ({ errorType }: { errorType: string }) => `${errorType}, explained`;

/** A result of so many clusters that are all alike. */
function success(dryRun: boolean, actions: object, verified: number | null, clusters = 1): Invocation {
  const cluster = { actions, outcome: { verified } };
  return { ...base, payload: { dryRun, clusters: Array.from({ length: clusters }, () => cluster) } };
}

test.for([
  ['a dry run', success(true, { add: 449, keep: 0 }, null), 'dry run: add 449 ['],
  ['a live run', success(false, { add: 449, keep: 1 }, 449), 'add 449, keep 1, 449 confirmed ['],
  ['a fleet', success(false, { add: 600 }, 600, 2), 'add 1,200, 1,200 confirmed ['],
  ['nothing to do', success(false, { add: 0 }, null), 'nothing ['],
  ['another function', { ...base, payload: 'x' }, 'done ['],
  [
    'a failure',
    { ...base, functionError: 'Unhandled', payload: { errorType: 'OneError', errorMessage: '' } },
    'failed with OneError, explained [',
  ],
] satisfies [string, Invocation, string][])('tells of %s', ([, invocation, start]) => {
  const line = invocationLine(invocation, { reads: 1, writes: 0 }, explain);
  expect(line).toBe(`${start}12 ms; CAST AI saw 1 read, no writes]`);
});

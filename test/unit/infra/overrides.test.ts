import { describe, expect, test } from 'vitest';
import { readConfiguration } from '../../../infra/stack/configuration.ts';
import { MINIMAL, problemsOf, read, TARGET } from '../../support/configuration.ts';

describe('one value from the command line', () => {
  test.each([
    ['secretName', 'other/secret', 'other/secret'],
    ['enabled', 'false', false],
    ['reservedConcurrency', 'null', null],
    ['logRetentionDays', '90', 90],
    ['schedule', 'rate(30 minutes)', expect.objectContaining({ expression: 'rate(30 minutes)' })],
    ['alarmEmail', 'ops@example.com', 'ops@example.com'],
    ['targets.0.dryRun', 'true', true],
    ['targets.0.interruptionThreshold', '12.5', 12.5],
    ['targets.0.region', 'eu-west-1', 'eu-west-1'],
    ['targets.0.neverBlacklist', '["m5.*","c7i*.large"]', ['m5.*', 'c7i*.large']],
    ['targets', JSON.stringify([{ ...TARGET, name: 'two' }]), [{ enabled: true, ...TARGET, name: 'two' }]],
    ['targets.1', JSON.stringify({ ...TARGET, name: 'two' }), { enabled: true, ...TARGET, name: 'two' }],
  ])('%s=%s', (path, text, expected) => {
    const configuration = read(MINIMAL, { [`spot-blacklist:${path}`]: text });
    const value = path
      .split('.')
      .reduce((holder: unknown, key) => Reflect.get(Object(holder), key), configuration);
    expect(value).toEqual(expected);
  });

  test('changes nothing else, and not the context itself', () => {
    const context = { 'spot-blacklist': structuredClone(MINIMAL), 'spot-blacklist:targets.0.dryRun': 'true' };
    const { targets, ...rest } = readConfiguration(context);
    expect(targets).toEqual([{ enabled: true, ...TARGET, dryRun: true }]);
    const { targets: _, ...before } = read(MINIMAL);
    expect(rest).toEqual(before);
    expect(context['spot-blacklist']).toEqual(MINIMAL);
  });

  test.each([
    ['spot-blacklist:targets.0.dryRun', 'yes', /targets\.0\.dryRun must be true or false, .*but is "yes"/],
    ['spot-blacklist:targets.0.dryRun', 'TRUE', /must be true or false/],
    ['spot-blacklist:targets.0.dryRun', '', /must be true or false/],
    ['spot-blacklist:targets.0.interruptionThreshold', 'ten', /must be a percentage/],
    ['spot-blacklist:targets.0.interruptionThreshold', '', /must be a percentage/],
    ['spot-blacklist:targets.0.interruptionThreshold', '100', /from 0 to below 100, but is 100/],
    ['spot-blacklist:reservedConcurrency', 'none', /must be a whole number .*, or null/],
    ['spot-blacklist:targets.0.neverBlacklist', 'm5.*', /must be a list/],
    ['spot-blacklist:targets.2.dryRun', 'true', /is not a path/],
    ['spot-blacklist:targets.x.dryRun', 'true', /is not a path/],
    ['spot-blacklist:targets[1].enabled', 'false', /is not a path .* as in targets\.0\.dryRun/],
    ['spot-blacklist:__proto__.x', 'x', /is not a path/],
    ['spot-blacklist:targets.0.__proto__', '{}', /is not a setting/],
    ['spot-blacklist:targets.0.constructor', 'x', /is not a setting/],
    ['spot-blacklist:targets.0.dryrun', 'true', /is not a setting; did you mean dryRun\?/],
    ['spot-blacklist:secret', 'x', /is not a setting/],
    ['spot-blacklist:', 'x', /is not a setting/],
    ['spot-blacklist:Enabled', 'false', /is not a setting; did you mean enabled\?$/],
    ['spot-blacklist:enabled ', 'false', /is not a setting; did you mean enabled\?$/],
    ['spot-blacklist:disabled', 'true', /^disabled is not a setting$/],
    ['spot-blacklist:dryRun', 'true', /is not a setting; did you mean targets\.0\.dryRun\?$/],
  ])('%s=%s is refused', (key, text, message) => {
    const problems = problemsOf(MINIMAL, { [key]: text });
    expect(problems).toEqual([expect.stringMatching(message)]);
  });

  // CDK ignores a key that nobody asks for: with a mistyped kill switch, everything would go on running.
  test.each([
    'spotblacklist:enabled',
    'spot_blacklist:enabled',
    'SpotBlacklist:enabled',
    'SPOT-BLACKLIST:ENABLED',
    'spot-blacklist.enabled',
    'spot-blacklist/enabled',
    'spot-blacklist-enabled',
    'spot-blacklist :enabled',
    ' spot-blacklist:enabled',
    'spot-blacklist：enabled',
    'spot–blacklist:enabled',
    'spotblacklistenabled',
    'spot-blacklists:enabled',
    'spot-backlist:enabled',
    'sport-blocklist:enabled',
    'spotblacklist:pause',
    'blacklist:enabled',
    'castai:enabled',
    '@acme/spot-blacklist:enabled',
    'aws:spot-blacklist:enabled',
    'enabled',
    'Enabled',
    'enable',
    'disabled',
    'disable',
    'targets.0.dryRun',
    'target.1.enabled',
    'dryRun',
    'dry_run',
    'dry-run',
    'spotBlacklist',
  ])('%s is refused: it would be ignored', (key) => {
    expect(problemsOf(MINIMAL, { [key]: 'false' })).toEqual([
      `${JSON.stringify(key)} would be ignored: give a setting as -c spot-blacklist:<path>=<value>, such as -c spot-blacklist:enabled=false or -c spot-blacklist:targets.0.dryRun=true. The key is in CDK's context: check -c on the command line, cdk.json, cdk.context.json and ~/.cdk.json.`,
    ]);
  });

  test('without a configuration, a key that resembles ours is named too', () => {
    expect(problemsOf(undefined, { spotBlacklist: 'x' })).toEqual([
      expect.stringMatching(/^it is missing/),
      expect.stringMatching(/^"spotBlacklist" would be ignored/),
    ]);
  });

  test.each([
    'aws:cdk:bundling-stacks',
    'aws:cdk:enable-path-metadata',
    '@aws-cdk/core:enablePartitionLiterals',
    '@aws-cdk/aws-s3:name',
    'aws-cdk:enableDiffNoFail',
    'cdk-migrate',
    'cli-telemetry',
    'acknowledged-issue-numbers',
    'availability-zones:account=111122223333:region=us-east-1',
    'hosted-zone:account=111122223333:domainName=spot-blacklist.example.com:region=us-east-1',
    'ssm:account=111122223333:parameterName=/spot-blacklist/enabled',
    'acme:stage',
    'acme:enabled',
    'default-region-of-acme',
    'waf:ip-blacklist',
    // What people keep in ~/.cdk.json for other projects.
    'region',
    'name',
    'os',
    'schedule',
    'batchSize',
    'environment',
  ])('%s is accepted as another project’s', (key) => {
    expect(problemsOf(MINIMAL, { [key]: 'true' })).toEqual([]);
  });
});

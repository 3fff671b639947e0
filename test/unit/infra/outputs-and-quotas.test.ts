import { statSync } from 'node:fs';
import { Aws } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { readSchedule } from '../../../infra/construct/schedule.ts';
import { warningsAbout } from '../../../infra/construct/warnings.ts';
import { readDocument } from '../../support/documented-commands.ts';
import { synthesize, TARGET } from '../../support/synthesized.ts';

describe('the outputs', () => {
  /** @returns the command, with the function's name filled in */
  const commandIn = (template: Template, output: string) => {
    const { Value } = template.findOutputs(output)[output] ?? {};
    return Value['Fn::Join'][1]
      .map((part: unknown) => (typeof part === 'string' ? part : 'FUNCTION'))
      .join('');
  };
  const commandOf = (payload: string, file: string) =>
    `echo '${payload}' | aws lambda invoke --function-name FUNCTION --cli-read-timeout 960 --payload fileb:///dev/stdin ${file}`;

  test('name what the runbook’s commands need', () => {
    using synthesized = synthesize();
    for (const output of ['LogGroupName', 'FailureQueueUrl', 'AlarmTopicArn']) {
      synthesized.template.hasOutput(output, { Value: { Ref: Match.anyValue() } });
    }
    synthesized.template.hasOutput('FunctionName', { Value: { Ref: Match.stringLikeRegexp('Function') } });
  });

  test('have a dry-run and a clear command for one target, ready to paste', () => {
    using synthesized = synthesize();
    expect(commandIn(synthesized.template, 'DryRunCommand')).toBe(
      commandOf('{"dryRun":true}', 'dry-run.json'),
    );
    expect(commandIn(synthesized.template, 'ClearCommand')).toBe(
      commandOf('{"operation":"clear"}', 'clear.json'),
    );
  });

  test('have both commands for each of several targets, and clear is never a dry run', () => {
    using synthesized = synthesize({ targets: [TARGET, { ...TARGET, name: 'eu', dryRun: true }] });
    expect(commandIn(synthesized.template, 'ClearCommand1')).toContain(`'{"operation":"clear"}'`);
    expect(commandIn(synthesized.template, 'ClearCommand2')).toContain(
      `'{"operation":"clear","dryRun":false}'`,
    );
    expect(commandIn(synthesized.template, 'DryRunCommand2')).toContain(`'{"dryRun":true}'`);
  });
});

describe('a stack', () => {
  /** Targets with the longest texts that a configuration may have. */
  const targets = (count: number, more = {}) =>
    Array.from({ length: count }, (_, index) => ({
      ...TARGET,
      name: `${index}-${'target-'.repeat(10)}`.slice(0, 64),
      neverBlacklist: Array.from({ length: 240 }, (__, type) => `m5.${type}xlarge`),
      ...more,
    }));
  const longest = {
    alarmEmail: 'ops@example.com',
    secretName: 'a/b.'.repeat(128),
    runbookUrl: `https://${'wiki/'.repeat(51)}`,
  };

  /** How much of the dashboard there is, and how many of everything else. */
  function sizesOf({ template }: { template: Template }) {
    const { Resources = {}, Outputs = {} } = template.toJSON();
    const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
    const body: unknown[] = dashboard?.['Properties'].DashboardBody['Fn::Join'][1];
    const text = body.map((part) => (typeof part === 'string' ? part : 'token')).join('');
    const { widgets } = JSON.parse(text) as {
      widgets: { properties: { alarms?: unknown[]; metrics?: unknown[] } }[];
    };
    const properties = (type: string) =>
      Object.values(template.findResources(type)).map(({ Properties }) => Properties);
    const statements = ['AWS::SQS::QueuePolicy', 'AWS::SNS::TopicPolicy'].flatMap((type) =>
      properties(type).map(({ PolicyDocument }) => PolicyDocument.Statement.length),
    );
    return {
      resources: Object.keys(Resources).length,
      outputs: Object.keys(Outputs).length,
      widgets: widgets.length,
      metrics: widgets.reduce((sum, one) => sum + (one.properties.metrics?.length ?? 0), 0),
      mostAlarms: Math.max(...widgets.map((one) => one.properties.alarms?.length ?? 0)),
      mostLogGroups: Math.max(
        ...properties('AWS::Logs::QueryDefinition').map(({ LogGroupNames }) => LogGroupNames.length),
      ),
      mostStatements: Math.max(...statements),
      longestDescription: Math.max(
        ...properties('AWS::CloudWatch::Alarm').map(
          ({ AlarmDescription }) => JSON.stringify(AlarmDescription).length,
        ),
      ),
    };
  }

  const [, ...room] =
    /room for (\d+) targets \((\d+) with `fanOut`\), or with `chatTopic` for (\d+) \((\d+)\)/.exec(
      readDocument('docs/configuration.md').replaceAll('\n', ' '),
    ) ?? [];

  test.each([
    ['targets', Number(room[0]), {}, {}],
    ['targets with fan-out', Number(room[1]), { fanOut: true }, {}],
    ['targets with a chat topic', Number(room[2]), {}, { chatTopic: true }],
    ['targets with fan-out and a chat topic', Number(room[3]), { fanOut: true }, { chatTopic: true }],
  ])(
    'has room for as many %s as documented (%i), within all quotas, and refuses one more',
    (_, most, target, changes) => {
      using synthesized = synthesize({ ...longest, ...changes, targets: targets(most, target) });
      const sizes = sizesOf(synthesized);
      expect(sizes.resources).toBeLessThanOrEqual(500);
      expect(sizes.outputs).toBeLessThanOrEqual(200);
      expect(sizes.widgets).toBeLessThanOrEqual(500);
      expect(sizes.metrics).toBeLessThanOrEqual(2_500);
      expect(sizes.mostAlarms).toBeLessThanOrEqual(100);
      expect(sizes.mostLogGroups).toBeLessThanOrEqual(50);
      expect(sizes.mostStatements).toBeLessThanOrEqual(20);
      expect(sizes.longestDescription).toBeLessThanOrEqual(1_024);
      // The file that is deployed, as CDK writes it.
      const { templateFullPath } = synthesized.app.synth().getStackByName('SpotBlacklist');
      expect(statSync(templateFullPath).size).toBeLessThan(1_000_000);
      expect(() => synthesize({ ...changes, targets: targets(most + 1, target) })).toThrow(
        /^SpotBlacklist cannot be used:\n {2}- it has 5\d\d resources, but CloudFormation allows 500: split the targets/,
      );
    },
  );

  test('with the leanest targets is within all quotas too, or is refused', () => {
    const lean = (count: number) => synthesize({ targets: targets(count, { dryRun: true }) });
    using synthesized = lean(35);
    const sizes = sizesOf(synthesized);
    expect(sizes.mostLogGroups).toBeLessThanOrEqual(50);
    expect(sizes.widgets).toBeLessThan(250);
    expect(() => lean(36)).toThrow(/5\d\d resources/);
  });

  test('has as many resources for each target as the decision says', () => {
    const [, each, alarms, more, chat] =
      /(\d+) resources for each target, (\d+) of them alarms; with fan-out (\d+) more, and with `chatTopic` (\d+)/.exec(
        readDocument('docs/decisions.md').replaceAll('\n', ' '),
      ) ?? [];
    const costOf = (target: object, changes: object = {}) => {
      const [one = 0, two = 0] = [1, 2].map((count) => {
        using synthesized = synthesize({ ...changes, targets: targets(count, target) });
        return sizesOf(synthesized).resources;
      });
      return two - one;
    };
    using synthesized = synthesize();
    expect(Object.keys(synthesized.template.findResources('AWS::CloudWatch::Alarm'))).toHaveLength(
      Number(alarms),
    );
    expect(costOf({})).toBe(Number(each));
    expect(costOf({ fanOut: true })).toBe(Number(each) + Number(more));
    expect(costOf({}, { chatTopic: true })).toBe(Number(each) + Number(chat));
  });
});

describe('warnings', () => {
  const warningsOf = ({ schedule = 'rate(1 hour)', blacklistHours = 12, settings = {}, ...more }) => {
    const props = { runbookUrl: 'https://wiki.example.com/spot', ...more };
    const target = { targetName: 'default', blacklistHours, ...settings };
    return warningsAbout(target, readSchedule(schedule), props).map(({ message }) => message);
  };

  test.each([
    [{ region: 'us-esat-1' }, /^The region of .* us-esat-1, .* \(did you mean us-east-1\?\)/],
    [{ ownEvidenceRegion: 'eu-wset-3' }, /^The ownEvidenceRegion of .* \(did you mean eu-west-3\?\)/],
    [{ region: 'mars-north-1' }, /which CDK does not know\. /],
  ])('name a region that AWS does not have: %j', (settings, warning) => {
    expect(warningsOf({ settings })).toEqual([expect.stringMatching(warning)]);
  });

  test('name no region that AWS has, or that is unknown until deployment', () => {
    expect(warningsOf({ settings: { region: 'US-East-1', ownEvidenceRegion: Aws.REGION } })).toEqual([]);
  });

  test.each([
    ['cron(0 6-20 * * ? *)', true, 1],
    ['cron(0 6-20 * * ? *)', false, 0],
    ['cron(0 */2 * * ? *)', true, 0],
    ['rate(1 hour)', true, 0],
  ])(
    'cover rounds at uneven intervals, whose old jobs delay new ones: %s, fanOut %s',
    (schedule, fanOut, count) => {
      const warnings = warningsOf({ schedule, fanOut, blacklistHours: 48 });
      expect(warnings.filter((one) => one.includes('60 to 600 minutes apart'))).toHaveLength(count);
    },
  );

  test('are CDK warnings, which are shown and can be acknowledged', () => {
    using synthesized = synthesize({ targets: [{ ...TARGET, blacklistHours: 2 }] });
    const metadata = synthesized.stack.node.findAll().flatMap(({ node }) => node.metadata);
    expect(metadata).toContainEqual(
      expect.objectContaining({
        type: 'aws:cdk:warning',
        data: expect.stringMatching(/default blacklists for 2 h.*short-cover-default/),
      }),
    );
  });

  test.each([
    [
      'exactly two intervals',
      { blacklistHours: 2 },
      /^The target default blacklists for 2 h, .*\. In every cycle, .* uncovered for minutes .* Blacklist for 5 h,/,
    ],
    [
      'three intervals and 14 minutes',
      { blacklistHours: 3 + 14 / 60 },
      /h, and its schedule is rate\(1 hour\)\. If one run is lost, risky types are uncovered .* Blacklist for 5 h,/,
    ],
    [
      'two intervals so long that no blacklist outlasts three',
      { schedule: 'rate(62 hours)', blacklistHours: 130 },
      /\. Run more often\.$/,
    ],
    [
      'too few hours for turns that come at any time of an interval',
      { blacklistHours: 6, fanOut: true },
      /If one run is lost, .* Blacklist for 7 h,/,
    ],
    ['runs that start faster than they may end', { schedule: 'rate(5 minutes)' }, /5 minutes apart/],
    ['alarms whose runbook cannot be opened', { runbookUrl: undefined }, /Set runbookUrl/],
  ])('are given for %s', (_, changes, message) => {
    expect(warningsOf(changes)).toEqual([expect.stringMatching(message)]);
  });

  test.each([
    ['three intervals and 15 minutes', { blacklistHours: 3.25 }],
    ['what ships', {}],
    ['what ships, with fan-out', { fanOut: true }],
  ])('are not given for %s', (_, changes) => {
    expect(warningsOf(changes)).toEqual([]);
  });
});

describe('targets that share an API key', () => {
  const warningsOf = (targets: readonly object[]) => {
    using synthesized = synthesize({
      runbookUrl: 'https://wiki.example.com/spot',
      targets: targets.map((target, index) => ({ ...TARGET, name: `t${index + 1}`, ...target })),
    });
    synthesized.app.synth();
    const metadata = synthesized.stack.node.findAll().flatMap(({ node }) => node.metadata);
    return metadata.filter(({ type }) => type === 'aws:cdk:warning').map(({ data }) => data);
  };

  test.each<[string, object[], RegExp]>([
    [
      'the defaults',
      [{}, {}, {}],
      /^3 targets share the API key in the secret some\/secret: t1, t2, t3\. .* 6 requests a second; .* sends 2 by default.* Set batchPause to 15 for each \(with a batchSize of 10\)/,
    ],
    [
      'a pace of their own',
      [{ batchSize: 5 }, { batchSize: 7 }],
      /2\.4 requests a second; .* batchPause to 10 /,
    ],
    ['no pause', [{}, { batchPause: 0 }], /they send without a pause/],
  ])(
    'cause one warning with the numbers if they are faster together than the default, with %s',
    (_, targets, message) => {
      expect(warningsOf(targets)).toEqual([expect.stringMatching(message)]);
    },
  );

  test.each<[string, object[]]>([
    ['other keys', [{}, { secretName: 'other' }]],
    ['a pace that they divide', [{ batchPause: 10 }, { batchPause: 10 }]],
    ['one that is switched off', [{}, { enabled: false }]],
    ['one target', [{ batchPause: 0 }]],
  ])('cause no warning with %s', (_, targets) => {
    expect(warningsOf(targets)).toEqual([]);
  });
});

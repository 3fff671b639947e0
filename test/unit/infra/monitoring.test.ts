import { readFileSync } from 'node:fs';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, test } from 'vitest';
import { METRICS } from '../../../lambda/report/metric-names.ts';
import { constructed, synthesize, TARGET } from '../../support/synthesized.ts';

const REF = (resource: RegExp) => ({ Ref: expect.stringMatching(resource) });

/** What tells this account's alarms from those of others, for whom CloudWatch acts as well. */
const OWN_ALARMS = {
  StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
  ArnLike: {
    'aws:SourceArn': {
      'Fn::Join': [
        '',
        [
          'arn:',
          { Ref: 'AWS::Partition' },
          ':cloudwatch:',
          { Ref: 'AWS::Region' },
          ':',
          { Ref: 'AWS::AccountId' },
          ':alarm:*',
        ],
      ],
    },
  },
};

/** The alarms, by what follows the stack's name in theirs. */
function alarmsOf(template: Template): Record<string, Record<string, unknown>> {
  const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
  return Object.fromEntries(
    alarms.map(({ Properties }) => [Properties.AlarmName.replace(/^SpotBlacklist-/, ''), Properties]),
  );
}

/** The text, with REF for each resource that it names, and these. */
function descriptionOf(description: unknown): { text: string; refs: unknown[] } {
  const [, parts] = (description as { 'Fn::Join': [string, unknown[]] })['Fn::Join'];
  const resources = parts.filter((part) => typeof part !== 'string');
  return {
    text: parts.map((part) => (typeof part === 'string' ? part : 'REF')).join(''),
    refs: resources.map((part) => Object.values(part as object).flat()[0]),
  };
}

describe('the alarms', () => {
  test('watch these metrics, and treat missing data as listed', () => {
    using synthesized = synthesize();
    const one = { Threshold: 1, ComparisonOperator: 'GreaterThanOrEqualToThreshold', EvaluationPeriods: 1 };
    const metricOf = (metric: object) => ({
      MetricStat: { Metric: metric, Period: 300, Stat: 'Sum' },
      ReturnData: false,
    });
    expect(alarmsOf(synthesized.template)).toMatchObject({
      'page-NotRunning-default': {
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
        // Two hours, and the quarter that a run may take.
        EvaluationPeriods: 27,
        TreatMissingData: 'breaching',
        Metrics: [
          { Expression: 'FILL(completed, 0)' },
          {
            Id: 'completed',
            ...metricOf({
              Namespace: 'SpotBlacklist',
              MetricName: 'RunCompleted',
              Dimensions: [{ Name: 'target', Value: 'default' }],
            }),
          },
        ],
      },
      'page-FailuresWaiting-default': {
        ...one,
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Statistic: 'Maximum',
        Period: 300,
        TreatMissingData: 'notBreaching',
      },
      'low-FailuresLost-default': {
        ...one,
        TreatMissingData: 'notBreaching',
        Metrics: [
          { Expression: 'FILL(fromLambda, 0) + FILL(fromEventBridge, 0)' },
          {
            Id: 'fromLambda',
            ...metricOf({
              Namespace: 'AWS/Lambda',
              MetricName: 'DestinationDeliveryFailures',
              Dimensions: [{ Name: 'FunctionName', Value: REF(/Function/) }],
            }),
          },
          {
            Id: 'fromEventBridge',
            ...metricOf({
              Namespace: 'AWS/Events',
              MetricName: 'InvocationsFailedToBeSentToDlq',
              Dimensions: [{ Name: 'RuleName', Value: REF(/Rule/) }],
            }),
          },
        ],
      },
      'low-OldFeed-default': {
        ...one,
        Threshold: 7 * 24,
        Metrics: [
          {
            MetricStat: {
              Metric: { Namespace: 'SpotBlacklist', MetricName: 'FeedAgeHours' },
              Period: 3600,
              Stat: 'Maximum',
            },
          },
        ],
        TreatMissingData: 'ignore',
      },
    });
  });

  test('do not watch Lambda’s errors and dropped events, which would raise a second alarm for the same failure', () => {
    using synthesized = synthesize();
    const watched = JSON.stringify(alarmsOf(synthesized.template));
    for (const duplicate of ['Errors', 'AsyncEventsDropped', 'FailedInvocations', 'Failed"'])
      expect(watched).not.toContain(duplicate);
  });

  test('notify one topic, and state their severity, the first check and the runbook’s entry', () => {
    using synthesized = synthesize({ runbookUrl: 'https://wiki.example.com/spot' });
    const runbook = readFileSync('docs/operate.md', 'utf8');
    const headings = [...runbook.matchAll(/^### (.*)$/gm)].map(([, heading = '']) => heading);
    const entries = headings.map((heading) => heading.toLowerCase().replaceAll(' ', '-'));
    const alarms = Object.entries(alarmsOf(synthesized.template));
    expect(alarms).toHaveLength(6);
    for (const [name, { AlarmActions, AlarmDescription, ActionsEnabled }] of alarms) {
      expect(AlarmActions).toEqual([REF(/^MonitoringAlarms/)]);
      expect(ActionsEnabled).not.toBe(false);
      const { text, refs } = descriptionOf(AlarmDescription);
      expect(text).toMatch(name.startsWith('page-') ? /^Look now: / : /^Low severity, /);
      // What to look at first is something of this target.
      expect(text).toMatch(/\. Look first at [^.]*REF/);
      expect(refs).toEqual([expect.stringMatching(/^Targetdefault(Function|Log|Failures)/)]);
      // CloudWatch's limit; the longest name in it is a function's, with 64 characters.
      expect(text.length + 64).toBeLessThan(1_024);
      expect(runbook).toContain(name.replace('-default', '-<target>'));
      const [, anchor] = /What to do: https:\/\/wiki\.example\.com\/spot#(.*)$/.exec(text) ?? [];
      expect(entries).toContain(anchor);
    }
  });

  test('can notify a topic per severity', () => {
    using made = constructed((stack) => ({
      alarmTopic: new Topic(stack, 'Page'),
      lowSeverityAlarmTopic: new Topic(stack, 'Low'),
    }));
    for (const { AlarmName, AlarmActions } of Object.values(alarmsOf(made.template)))
      expect(AlarmActions).toEqual([REF(String(AlarmName).includes('-page-') ? /^Page/ : /^Low/)]);
  });

  test('do not expect runs of a disabled target', () => {
    const targets = [TARGET, { ...TARGET, name: 'off', enabled: false }];
    const notRunning = (changes: Readonly<Record<string, unknown>>) => {
      using synthesized = synthesize({ targets, ...changes });
      return Object.keys(alarmsOf(synthesized.template)).filter((name) => name.startsWith('page-NotRunning'));
    };
    expect(notRunning({})).toEqual(['page-NotRunning-default']);
    expect(notRunning({ enabled: false })).toEqual([]);
  });
});

describe('the topic', () => {
  test('accepts only this account’s alarms and only TLS, and is encrypted with a key that CloudWatch may use for them', () => {
    using synthesized = synthesize();
    const { template } = synthesized;
    template.hasResourceProperties('AWS::SNS::Topic', {
      KmsMasterKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^MonitoringAlarmsKey'), 'Arn'] },
    });
    template.hasResourceProperties('AWS::KMS::Key', {
      EnableKeyRotation: true,
      KeyPolicy: {
        Statement: Match.arrayWith([
          {
            Sid: 'EncryptAlarms',
            Effect: 'Allow',
            Principal: { Service: 'cloudwatch.amazonaws.com' },
            Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
            Resource: '*',
            Condition: OWN_ALARMS,
          },
        ]),
      },
    });
    const [policy] = Object.values(template.findResources('AWS::SNS::TopicPolicy'));
    expect(policy?.['Properties'].PolicyDocument.Statement).toEqual([
      {
        Sid: 'AllowPublishThroughSSLOnly',
        Effect: 'Deny',
        Principal: '*',
        Action: 'sns:Publish',
        Resource: REF(/^MonitoringAlarms/),
        Condition: { Bool: { 'aws:SecureTransport': 'false' } },
      },
      {
        Sid: 'PublishAlarms',
        Effect: 'Allow',
        Principal: { Service: 'cloudwatch.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: REF(/^MonitoringAlarms/),
        Condition: OWN_ALARMS,
      },
    ]);
  });

  test('has the configured e-mail subscription, or none', () => {
    using withoutEmail = synthesize();
    withoutEmail.template.resourceCountIs('AWS::SNS::Subscription', 0);
    using withEmail = synthesize({ alarmEmail: 'ops@example.com' });
    withEmail.template.hasResourceProperties('AWS::SNS::Subscription', {
      Protocol: 'email',
      Endpoint: 'ops@example.com',
    });
  });
});

test('the dashboard shows every metric of every target, and the alarms', () => {
  using synthesized = synthesize({ targets: [TARGET, { ...TARGET, name: 'second' }] });
  const [dashboard] = Object.values(synthesized.template.findResources('AWS::CloudWatch::Dashboard'));
  const body: unknown[] = dashboard?.['Properties'].DashboardBody['Fn::Join'][1];
  const { widgets } = JSON.parse(
    body.map((part) => (typeof part === 'string' ? part : 'token')).join(''),
  ) as { widgets: { type: string; properties: { metrics?: unknown[][]; alarms?: unknown[] } }[] };
  const shown = widgets
    .flatMap(({ properties }) => properties.metrics ?? [])
    .map((metric) => metric.slice(0, 4));
  for (const target of ['default', 'second']) {
    for (const { name } of Object.values(METRICS)) {
      expect(shown).toContainEqual(['SpotBlacklist', name, 'target', target]);
    }
  }
  expect(widgets[0]?.type).toBe('alarm');
  expect(widgets[0]?.properties.alarms).toHaveLength(
    Object.keys(synthesized.template.findResources('AWS::CloudWatch::Alarm')).length,
  );
});

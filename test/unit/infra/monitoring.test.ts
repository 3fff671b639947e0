import { readFileSync } from 'node:fs';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { alarmWindow } from '../../../infra/monitoring.ts';
import { readSchedule } from '../../../infra/schedule.ts';
import { METRICS } from '../../../lambda/report/metric-names.ts';
import { synthesize, TARGET } from '../../support/synthesized.ts';

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

describe('the alarms', () => {
  test('what each looks at, and what it makes of missing data', () => {
    using synthesized = synthesize();
    const once = {
      Threshold: 1,
      ComparisonOperator: 'GreaterThanOrEqualToThreshold',
      EvaluationPeriods: 1,
      Period: 300,
    };
    const handler = [{ Name: 'FunctionName', Value: REF(/^Function/) }];
    expect(alarmsOf(synthesized.template)).toMatchObject({
      RunFailed: {
        ...once,
        Namespace: 'AWS/Lambda',
        MetricName: 'Errors',
        Dimensions: handler,
        Statistic: 'Sum',
        TreatMissingData: 'notBreaching',
      },
      'NotRunning-default': {
        Threshold: 1,
        ComparisonOperator: 'LessThanThreshold',
        // Two hours, and the quarter that a run may take.
        EvaluationPeriods: 27,
        TreatMissingData: 'breaching',
        Metrics: [
          { Expression: 'FILL(completed, 0)', ReturnData: true },
          {
            Id: 'completed',
            MetricStat: {
              Metric: {
                Namespace: 'SpotBlacklist',
                MetricName: 'RunCompleted',
                Dimensions: [{ Name: 'target', Value: 'default' }],
              },
              Period: 300,
              Stat: 'Sum',
            },
          },
        ],
      },
      FailuresWaiting: {
        ...once,
        Namespace: 'AWS/SQS',
        MetricName: 'ApproximateNumberOfMessagesVisible',
        Statistic: 'Maximum',
        TreatMissingData: 'notBreaching',
      },
      EventsDropped: {
        ...once,
        Namespace: 'AWS/Lambda',
        MetricName: 'AsyncEventsDropped',
        Dimensions: handler,
        TreatMissingData: 'notBreaching',
      },
      FailuresLost: {
        ...once,
        Namespace: 'AWS/Lambda',
        MetricName: 'DestinationDeliveryFailures',
        Dimensions: handler,
        TreatMissingData: 'notBreaching',
      },
      'NotDelivered-default': {
        ...once,
        Namespace: 'AWS/Events',
        MetricName: 'FailedInvocations',
        Dimensions: [{ Name: 'RuleName', Value: REF(/^Rule/) }],
        TreatMissingData: 'notBreaching',
      },
    });
  });

  test('each tells one topic, and where the runbook says what to do', () => {
    using synthesized = synthesize();
    const runbook = readFileSync('docs/runbook.md', 'utf8');
    const headings = [...runbook.matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading);
    const entries = headings.map((heading) => heading.toLowerCase().replaceAll(' ', '-'));
    const alarms = Object.values(alarmsOf(synthesized.template));
    expect(alarms).toHaveLength(6);
    for (const { AlarmActions, AlarmDescription, ActionsEnabled } of alarms) {
      expect(AlarmActions).toEqual([REF(/^MonitoringAlarms/)]);
      expect(ActionsEnabled).not.toBe(false);
      const [, anchor] = /What to do: docs\/runbook\.md#(.*)$/.exec(String(AlarmDescription)) ?? [];
      expect(entries).toContain(anchor);
    }
  });

  test('the runbook can be elsewhere', () => {
    using synthesized = synthesize({ runbookUrl: 'https://wiki.example.com/spot' });
    for (const { AlarmDescription } of Object.values(alarmsOf(synthesized.template))) {
      expect(AlarmDescription).toContain('https://wiki.example.com/spot#');
    }
  });

  test('a target that is switched off is not said to be broken', () => {
    const targets = [TARGET, { ...TARGET, name: 'off', enabled: false }];
    const notRunning = (changes: Readonly<Record<string, unknown>>) => {
      using synthesized = synthesize({ targets, ...changes });
      return Object.keys(alarmsOf(synthesized.template)).filter((name) => name.startsWith('NotRunning'));
    };
    expect(notRunning({})).toEqual(['NotRunning-default']);
    expect(notRunning({ enabled: false })).toEqual([]);
  });
});

describe('alarmWindow: two intervals and a run, within what CloudWatch takes', () => {
  test.each([
    ['rate(5 minutes)', 5, 5],
    ['rate(1 hour)', 5, 27],
    ['rate(6 hours)', 5, 147],
    // 24 hours and a quarter is more than short periods may cover.
    ['rate(12 hours)', 60, 25],
    ['cron(0 8-18 ? * MON-FRI *)', 60, 125],
    // As long as a blacklist may be covers two intervals exactly.
    ['rate(84 hours)', 60, 168],
  ])('%s: periods of %i minutes, %i of them', (expression, minutes, evaluationPeriods) => {
    const { period, ...rest } = alarmWindow(readSchedule(expression));
    expect(period.toMinutes()).toBe(minutes);
    expect(rest).toEqual({ evaluationPeriods });
    const longest = minutes < 60 ? 24 * 60 : 7 * 24 * 60;
    expect(minutes * evaluationPeriods).toBeLessThanOrEqual(longest);
  });
});

describe('the topic', () => {
  test('takes this account’s alarms only, by TLS, and is encrypted with a key that CloudWatch may use for these', () => {
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

  test('tells nobody, or who is configured', () => {
    using nobody = synthesize();
    nobody.template.resourceCountIs('AWS::SNS::Subscription', 0);
    using somebody = synthesize({ alarmEmail: 'ops@example.com' });
    somebody.template.hasResourceProperties('AWS::SNS::Subscription', {
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

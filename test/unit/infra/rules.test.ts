import { describe, expect, test } from 'vitest';
import { synthesize, TARGET } from '../../support/synthesized.ts';

const GET_ATT = (resource: RegExp) => ({ 'Fn::GetAtt': [expect.stringMatching(resource), 'Arn'] });

describe('the schedule’s rules', () => {
  test('exist once per target, without input, with bounded delivery and a dead-letter queue', () => {
    using synthesized = synthesize({
      schedule: 'cron(5 * * * ? *)',
      targets: [TARGET, { ...TARGET, name: 'arm' }],
    });
    const rules = Object.values(synthesized.template.findResources('AWS::Events::Rule'));
    expect(rules.map(({ Properties }) => Properties)).toEqual(
      ['default', 'arm'].map((name) => ({
        Description: `spot-blacklist runs the target ${name}`,
        ScheduleExpression: 'cron(5 * * * ? *)',
        State: 'ENABLED',
        Targets: [
          {
            Id: 'Target0',
            Arn: GET_ATT(new RegExp(`^Target${name}Function`)),
            DeadLetterConfig: { Arn: GET_ATT(new RegExp(`^Target${name}Failures`)) },
            RetryPolicy: { MaximumEventAgeInSeconds: 55 * 60, MaximumRetryAttempts: 4 },
          },
        ],
      })),
    );
  });

  test('are the only invokers, each of its own function', () => {
    using synthesized = synthesize({ targets: [TARGET, { ...TARGET, name: 'b' }] });
    const permissions = Object.values(synthesized.template.findResources('AWS::Lambda::Permission'));
    expect(permissions.map(({ Properties }) => Properties)).toEqual(
      ['default', 'b'].map((name) => ({
        Action: 'lambda:InvokeFunction',
        FunctionName: GET_ATT(new RegExp(`^Target${name}Function`)),
        Principal: 'events.amazonaws.com',
        SourceArn: GET_ATT(new RegExp(`^Target${name}Rule`)),
      })),
    );
  });

  test('are disabled one by one, or all by the kill switch', () => {
    const targets = [TARGET, { ...TARGET, name: 'off', enabled: false }];
    const states = (changes: object) => {
      using synthesized = synthesize({ targets, ...changes });
      const rules = Object.values(synthesized.template.findResources('AWS::Events::Rule'));
      return rules.map(({ Properties }) => [Properties.Description.split(' ').at(-1), Properties.State]);
    };
    expect(states({})).toEqual([
      ['default', 'ENABLED'],
      ['off', 'DISABLED'],
    ]);
    expect(states({ enabled: false })).toEqual([
      ['default', 'DISABLED'],
      ['off', 'DISABLED'],
    ]);
  });
});

test('the failure queue is encrypted, keeps failures for two weeks, and accepts only TLS', () => {
  using synthesized = synthesize();
  const { template } = synthesized;
  template.resourceCountIs('AWS::SQS::Queue', 1);
  template.hasResource('AWS::SQS::Queue', {
    Properties: { SqsManagedSseEnabled: true, MessageRetentionPeriod: 14 * 24 * 60 * 60 },
    DeletionPolicy: 'Delete',
  });
  const [policy] = Object.values(template.findResources('AWS::SQS::QueuePolicy'));
  expect(policy?.['Properties'].PolicyDocument.Statement).toEqual([
    {
      Effect: 'Deny',
      Principal: { AWS: '*' },
      Action: 'sqs:*',
      Resource: GET_ATT(/Failures/),
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
    {
      Sid: expect.any(String),
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: GET_ATT(/Failures/),
      Condition: { ArnEquals: { 'aws:SourceArn': GET_ATT(/Rule/) } },
    },
  ]);
});

test('the stack neither creates nor deletes a secret, nor contains its value', () => {
  using synthesized = synthesize();
  expect(JSON.stringify(synthesized.template.toJSON())).not.toMatch(
    /AWS::SecretsManager|resolve:secretsmanager/,
  );
});

test('an upgrade keeps the topic, its key and the dashboard of 0.1, whose names and subscriptions would be lost', () => {
  using synthesized = synthesize();
  expect(Object.keys(synthesized.template.toJSON()['Resources'])).toEqual(
    expect.arrayContaining([
      'MonitoringAlarmsKey0C929FFE',
      'MonitoringAlarms66989066',
      'MonitoringDashboard0C3675C6',
    ]),
  );
});

test('the saved queries cover the logs of all targets', () => {
  using synthesized = synthesize({ targets: [TARGET, { ...TARGET, name: 'b' }] });
  const queries = Object.values(synthesized.template.findResources('AWS::Logs::QueryDefinition'));
  expect(queries.map(({ Properties }) => Properties.Name)).toEqual(
    ['runs', 'changes', 'failures'].map((name) => `SpotBlacklist/${name}`),
  );
  for (const { Properties } of queries)
    expect(Properties.LogGroupNames).toEqual([
      { Ref: expect.stringMatching(/^TargetdefaultLog/) },
      { Ref: expect.stringMatching(/^TargetbLog/) },
    ]);
});

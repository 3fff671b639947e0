import { Duration } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { readSchedule } from '../../../infra/schedule.ts';
import { eventAge } from '../../../infra/spot-blacklist.ts';
import { warningsAbout } from '../../../infra/warnings.ts';
import { synthesize, TARGET } from '../../support/synthesized.ts';

/** The ARN of something in the stack's own account and region. */
const ARN = (service: string, rest: string) => ({
  'Fn::Join': [
    '',
    [
      'arn:',
      { Ref: 'AWS::Partition' },
      `:${service}:`,
      { Ref: 'AWS::Region' },
      ':',
      { Ref: 'AWS::AccountId' },
      rest,
    ],
  ],
});

const SECRET_ARN = (name: string) => ARN('secretsmanager', `:secret:${name}-??????`);

const GET_ATT = (resource: RegExp) => ({ 'Fn::GetAtt': [expect.stringMatching(resource), 'Arn'] });

/** Every statement that lets the function's role do something. */
function statementsOf(template: Template): Record<string, unknown>[] {
  return Object.values(template.findResources('AWS::IAM::Policy')).flatMap(
    ({ Properties }) => Properties.PolicyDocument.Statement,
  );
}

describe('the role', () => {
  test('may do exactly this', () => {
    using synthesized = synthesize();
    const { template } = synthesized;
    expect(statementsOf(template)).toEqual([
      {
        Sid: 'ReadSecret',
        Effect: 'Allow',
        Action: 'secretsmanager:GetSecretValue',
        Resource: SECRET_ARN('some/secret'),
      },
      {
        Sid: 'WriteOwnLogs',
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: GET_ATT(/Log/),
      },
      { Sid: 'ReportFailures', Effect: 'Allow', Action: 'sqs:SendMessage', Resource: GET_ATT(/Failures/) },
      {
        Sid: 'TellWhatChanged',
        Effect: 'Allow',
        Action: 'events:PutEvents',
        Resource: ARN('events', ':event-bus/default'),
        Condition: { StringEquals: { 'events:source': 'spot-blacklist' } },
      },
      // X-Ray has no resources.
      {
        Effect: 'Allow',
        Action: ['xray:PutTelemetryRecords', 'xray:PutTraceSegments'],
        Resource: '*',
      },
    ]);
    template.resourceCountIs('AWS::IAM::Role', 1);
    template.resourceCountIs('AWS::IAM::ManagedPolicy', 0);
    template.hasResourceProperties('AWS::IAM::Role', {
      ManagedPolicyArns: Match.absent(),
      Policies: Match.absent(),
      AssumeRolePolicyDocument: {
        Statement: [
          { Action: 'sts:AssumeRole', Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' } },
        ],
      },
    });
  });

  test('may decrypt with the secret’s key, through Secrets Manager and for this secret only', () => {
    const kmsKeyArn = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
    using synthesized = synthesize({ kmsKeyArn });
    expect(statementsOf(synthesized.template)).toContainEqual({
      Sid: 'DecryptSecret',
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: kmsKeyArn,
      Condition: {
        StringEquals: {
          'kms:ViaService': {
            'Fn::Join': ['', ['secretsmanager.', { Ref: 'AWS::Region' }, '.amazonaws.com']],
          },
        },
        StringLike: { 'kms:EncryptionContext:SecretARN': SECRET_ARN('some/secret') },
      },
    });
  });

  test('may read its own target’s secret only', () => {
    using synthesized = synthesize({
      targets: [
        TARGET,
        { ...TARGET, name: 'b', secretName: 'other' },
        { ...TARGET, name: 'c', secretName: 'other' },
      ],
    });
    const read = statementsOf(synthesized.template).filter(({ Sid }) => Sid === 'ReadSecret');
    expect(read.map(({ Resource }) => Resource)).toEqual([
      SECRET_ARN('some/secret'),
      SECRET_ARN('other'),
      SECRET_ARN('other'),
    ]);
  });
});

describe('the function', () => {
  test('is what the run was built for', () => {
    using synthesized = synthesize();
    synthesized.template.hasResourceProperties('AWS::Lambda::Function', {
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: 512,
      Timeout: 900,
      ReservedConcurrentExecutions: 1,
      TracingConfig: { Mode: 'Active' },
      LoggingConfig: {
        LogFormat: 'JSON',
        ApplicationLogLevel: 'INFO',
        SystemLogLevel: 'INFO',
        LogGroup: { Ref: Match.stringLikeRegexp('Log') },
      },
      Environment: {
        Variables: {
          SECRET_ID: 'some/secret',
          TARGET_NAME: 'default',
          OS: 'Linux',
          INTERRUPTION_THRESHOLD: '20',
          BLACKLIST_HOURS: '12',
          CASTAI_API_URL: 'https://api.cast.ai',
          SCHEDULE_GAP_MINUTES: '60',
        },
      },
    });
    synthesized.template.resourceCountIs('AWS::Lambda::Function', 1);
  });

  test('keeps its logs as long as configured, in a group of the stack', () => {
    using synthesized = synthesize({ logRetentionDays: 90 });
    synthesized.template.hasResource('AWS::Logs::LogGroup', {
      Properties: { RetentionInDays: 90 },
      DeletionPolicy: 'Delete',
    });
    synthesized.template.resourceCountIs('AWS::Logs::LogGroup', 1);
  });

  test('is invoked again twice, within the interval, and ends in the queue', () => {
    using synthesized = synthesize();
    synthesized.template.hasResourceProperties('AWS::Lambda::EventInvokeConfig', {
      MaximumRetryAttempts: 2,
      MaximumEventAgeInSeconds: 55 * 60,
      DestinationConfig: {
        OnFailure: { Destination: { 'Fn::GetAtt': [Match.stringLikeRegexp('Failures'), 'Arn'] } },
      },
    });
  });

  test.each([
    ['rate(30 minutes)', 25],
    // Not over the longest gap, the weekend, but over the shortest.
    ['cron(0 8-18 ? * MON-FRI *)', 55],
    ['rate(1 minute)', 1],
    // Lambda's longest.
    ['rate(1 day)', 6 * 60],
  ])('drops an event of %s after %i minutes', (schedule, minutes) => {
    expect(eventAge(readSchedule(schedule), Duration.hours(6)).toMinutes()).toBe(minutes);
  });

  test('takes the addresses that are configured', () => {
    using synthesized = synthesize({
      castaiApiUrl: 'https://api.eu.cast.ai',
      spotAdvisorUrl: 'https://example.com/feed.json',
    });
    synthesized.template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: {
        Variables: Match.objectLike({
          CASTAI_API_URL: 'https://api.eu.cast.ai',
          SPOT_ADVISOR_URL: 'https://example.com/feed.json',
        }),
      },
    });
  });

  test('has as much concurrency as configured, or no reservation', () => {
    using four = synthesize({ reservedConcurrency: 4 });
    four.template.hasResourceProperties('AWS::Lambda::Function', { ReservedConcurrentExecutions: 4 });
    using none = synthesize({ reservedConcurrency: null });
    none.template.hasResourceProperties('AWS::Lambda::Function', {
      ReservedConcurrentExecutions: Match.absent(),
    });
  });
});

describe('the rules', () => {
  test('one for each target, without any input, with bounded delivery and a dead-letter queue', () => {
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

  test('only its rule may invoke a function', () => {
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

  test('a target is disabled on its own, all by the kill switch', () => {
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

test('the queue is encrypted, keeps failures for two weeks, and speaks TLS only', () => {
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

test('the secret is not the stack’s: nothing in it creates, names the value of, or deletes one', () => {
  using synthesized = synthesize();
  expect(JSON.stringify(synthesized.template.toJSON())).not.toMatch(
    /AWS::SecretsManager|resolve:secretsmanager/,
  );
});

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

  test('one target: a dry run and a clear, ready to paste', () => {
    using synthesized = synthesize();
    expect(commandIn(synthesized.template, 'DryRunCommand')).toBe(
      commandOf('{"dryRun":true}', 'dry-run.json'),
    );
    expect(commandIn(synthesized.template, 'ClearCommand')).toBe(
      commandOf('{"operation":"clear"}', 'clear.json'),
    );
  });

  test('several targets: a pair for each; a clear is never dry', () => {
    using synthesized = synthesize({ targets: [TARGET, { ...TARGET, name: 'eu', dryRun: true }] });
    expect(commandIn(synthesized.template, 'ClearCommand1')).toContain(`'{"operation":"clear"}'`);
    expect(commandIn(synthesized.template, 'ClearCommand2')).toContain(
      `'{"operation":"clear","dryRun":false}'`,
    );
    expect(commandIn(synthesized.template, 'DryRunCommand2')).toContain(`'{"dryRun":true}'`);
  });
});

describe('what AWS takes', () => {
  const targets = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...TARGET, name: `target-${index + 1}` }));

  /** How much of the dashboard there is, and how many of everything else. */
  function sizesOf({ template }: { template: Template }) {
    const { Resources = {}, Outputs = {} } = template.toJSON();
    const [dashboard] = Object.values(template.findResources('AWS::CloudWatch::Dashboard'));
    const body: unknown[] = dashboard?.['Properties'].DashboardBody['Fn::Join'][1];
    const text = body.map((part) => (typeof part === 'string' ? part : 'token')).join('');
    const { widgets } = JSON.parse(text) as { widgets: { properties: { alarms?: unknown[] } }[] };
    return {
      resources: Object.keys(Resources).length,
      outputs: Object.keys(Outputs).length,
      widgets: widgets.length,
      mostAlarms: Math.max(...widgets.map(({ properties }) => properties.alarms?.length ?? 0)),
      template: Buffer.byteLength(JSON.stringify(template.toJSON())),
    };
  }

  test.each([25, 32])('%i targets are within all quotas', (count) => {
    using synthesized = synthesize({ targets: targets(count), alarmEmail: 'ops@example.com' });
    const sizes = sizesOf(synthesized);
    expect(sizes.resources).toBeLessThanOrEqual(500);
    expect(sizes.outputs).toBeLessThanOrEqual(200);
    expect(sizes.widgets).toBeLessThanOrEqual(500);
    expect(sizes.mostAlarms).toBeLessThanOrEqual(100);
    expect(sizes.template).toBeLessThan(1_000_000);
    const statements = Object.values(synthesized.template.findResources('AWS::SQS::QueuePolicy')).map(
      ({ Properties }) => Properties.PolicyDocument.Statement.length,
    );
    expect(Math.max(...statements)).toBeLessThanOrEqual(20);
  });

  test('more than that is refused, with the numbers', () => {
    expect(() => synthesize({ targets: targets(36) })).toThrow(
      /^SpotBlacklist cannot be used:\n {2}- it has 5\d\d resources, and CloudFormation takes 500: spread the targets/,
    );
  });
});

test('an upgrade keeps the topic, its key and the dashboard of 0.1, whose names or consents would be lost', () => {
  using synthesized = synthesize();
  expect(Object.keys(synthesized.template.toJSON()['Resources'])).toEqual(
    expect.arrayContaining([
      'MonitoringAlarmsKey0C929FFE',
      'MonitoringAlarms66989066',
      'MonitoringDashboard0C3675C6',
    ]),
  );
});

test('the queries look into the logs of all targets', () => {
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

describe('warnings', () => {
  const warningsOf = ({ schedule = 'rate(1 hour)', blacklistHours = 12, ...more }) => {
    const props = { runbookUrl: 'https://wiki.example.com/spot', ...more };
    const warnings = warningsAbout({ targetName: 'default', blacklistHours }, readSchedule(schedule), props);
    return warnings.map(({ message }) => message);
  };

  test('are CDK’s, so that they are shown and can be acknowledged', () => {
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
      /^The target default blacklists for 2 h, .* open for minutes, again and again, .* Blacklist for 5 h,/,
    ],
    [
      'three intervals and 14 minutes',
      { blacklistHours: 3 + 14 / 60 },
      /h, and runs by rate\(1 hour\)\. If one run is lost, risky types are open .* Blacklist for 5 h,/,
    ],
    [
      'two intervals so long that no blacklist outlasts three',
      { schedule: 'rate(62 hours)', blacklistHours: 130 },
      /\. Run more often\.$/,
    ],
    ['runs faster than they may end', { schedule: 'rate(5 minutes)' }, /5 minutes apart/],
    ['alarms that lead nowhere', { runbookUrl: undefined }, /Set runbookUrl/],
  ])('%s', (_, changes, message) => {
    expect(warningsOf(changes)).toEqual([expect.stringMatching(message)]);
  });

  test.each([
    ['three intervals and 15 minutes', { blacklistHours: 3.25 }],
    ['what ships', {}],
  ])('none for %s', (_, changes) => {
    expect(warningsOf(changes)).toEqual([]);
  });
});

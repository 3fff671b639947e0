import { Duration } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { readSchedule } from '../../../infra/schedule.ts';
import { eventAge } from '../../../infra/stack.ts';
import { warningsAbout } from '../../../infra/warnings.ts';
import { configured, synthesize, TARGET } from '../../support/synthesized.ts';

const SECRET_ARN = (name: string) => ({
  'Fn::Join': [
    '',
    [
      'arn:',
      { Ref: 'AWS::Partition' },
      ':secretsmanager:',
      { Ref: 'AWS::Region' },
      ':',
      { Ref: 'AWS::AccountId' },
      `:secret:${name}-??????`,
    ],
  ],
});

const GET_ATT = (resource: RegExp) => ({ 'Fn::GetAtt': [expect.stringMatching(resource), 'Arn'] });

/** Every statement that lets the function's role do something. */
function statementsOf(template: Template): Record<string, unknown>[] {
  return Object.values(template.findResources('AWS::IAM::Policy')).flatMap(
    ({ Properties }) => Properties.PolicyDocument.Statement,
  );
}

function rulesOf(template: Template): Record<string, Record<string, unknown>> {
  const rules = Object.values(template.findResources('AWS::Events::Rule'));
  return Object.fromEntries(
    rules.map(({ Properties }) => [JSON.parse(Properties.Targets[0].Input).targetName, Properties]),
  );
}

describe('the role', () => {
  test('may do exactly this', () => {
    using synthesized = synthesize();
    const { template } = synthesized;
    expect(statementsOf(template)).toEqual([
      {
        Sid: 'ReadSecrets',
        Effect: 'Allow',
        Action: 'secretsmanager:GetSecretValue',
        Resource: SECRET_ARN('some/secret'),
      },
      {
        Sid: 'WriteOwnLogs',
        Effect: 'Allow',
        Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
        Resource: GET_ATT(/^Log/),
      },
      { Sid: 'ReportFailures', Effect: 'Allow', Action: 'sqs:SendMessage', Resource: GET_ATT(/^Failures/) },
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
      Sid: 'DecryptSecrets',
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: kmsKeyArn,
      Condition: {
        StringEquals: {
          'kms:ViaService': {
            'Fn::Join': ['', ['secretsmanager.', { Ref: 'AWS::Region' }, '.amazonaws.com']],
          },
        },
        StringLike: { 'kms:EncryptionContext:SecretARN': [SECRET_ARN('some/secret')] },
      },
    });
  });

  test('may read a target’s own secret too, and no others', () => {
    using synthesized = synthesize({
      targets: [
        TARGET,
        { ...TARGET, name: 'b', secretName: 'other' },
        { ...TARGET, name: 'c', secretName: 'other' },
      ],
    });
    const read = statementsOf(synthesized.template).filter(({ Sid }) => Sid === 'ReadSecrets');
    expect(read).toEqual([
      expect.objectContaining({ Resource: [SECRET_ARN('other'), SECRET_ARN('some/secret')] }),
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
        LogGroup: { Ref: Match.stringLikeRegexp('^Log') },
      },
      Environment: {
        // Literally: what a target is for comes from its rule, never from here.
        Variables: { SECRET_ID: 'some/secret', CASTAI_API_URL: 'https://api.cast.ai' },
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
        OnFailure: { Destination: { 'Fn::GetAtt': [Match.stringLikeRegexp('^Failures'), 'Arn'] } },
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
        Variables: {
          CASTAI_API_URL: 'https://api.eu.cast.ai',
          SPOT_ADVISOR_URL: 'https://example.com/feed.json',
        },
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
  test('one for each target, with its settings as constant input, bounded delivery and a dead-letter queue', () => {
    using synthesized = synthesize({
      schedule: 'cron(5 * * * ? *)',
      targets: [
        TARGET,
        {
          ...TARGET,
          name: 'arm',
          region: 'eu-west-1',
          neverBlacklist: ['m5.*'],
          dryRun: true,
          secretName: 'other',
        },
      ],
    });
    const rules = rulesOf(synthesized.template);
    expect(Object.keys(rules)).toEqual(['default', 'arm']);
    const policy = { os: 'Linux', interruptionThreshold: 20, blacklistHours: 12 };
    const inputs = {
      default: { targetName: 'default', ...policy },
      arm: {
        targetName: 'arm',
        secretId: 'other',
        region: 'eu-west-1',
        neverBlacklist: ['m5.*'],
        dryRun: true,
        ...policy,
      },
    };
    for (const [name, input] of Object.entries(inputs)) {
      expect(rules[name]).toMatchObject({
        ScheduleExpression: 'cron(5 * * * ? *)',
        State: 'ENABLED',
        Targets: [
          {
            Arn: GET_ATT(/^Function/),
            DeadLetterConfig: { Arn: GET_ATT(/^Failures/) },
            RetryPolicy: { MaximumEventAgeInSeconds: 55 * 60, MaximumRetryAttempts: 4 },
          },
        ],
      });
      const [target] = (rules[name]?.['Targets'] ?? []) as { Input: string }[];
      expect(JSON.parse(target?.Input ?? '')).toEqual(input);
    }
  });

  test('only these rules may invoke the function', () => {
    using synthesized = synthesize({ targets: [TARGET, { ...TARGET, name: 'b' }] });
    const permissions = Object.values(synthesized.template.findResources('AWS::Lambda::Permission'));
    expect(permissions.map(({ Properties }) => Properties)).toEqual(
      Array(2).fill({
        Action: 'lambda:InvokeFunction',
        FunctionName: GET_ATT(/^Function/),
        Principal: 'events.amazonaws.com',
        SourceArn: GET_ATT(/^Rule/),
      }),
    );
  });

  test('a target is disabled on its own, all by the kill switch', () => {
    const targets = [TARGET, { ...TARGET, name: 'off', enabled: false }];
    const states = (changes: object) => {
      using synthesized = synthesize({ targets, ...changes });
      return Object.entries(rulesOf(synthesized.template)).map(([name, rule]) => [name, rule['State']]);
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
      Resource: GET_ATT(/^Failures/),
      Condition: { Bool: { 'aws:SecureTransport': 'false' } },
    },
    {
      Sid: expect.any(String),
      Effect: 'Allow',
      Principal: { Service: 'events.amazonaws.com' },
      Action: 'sqs:SendMessage',
      Resource: GET_ATT(/^Failures/),
      Condition: { ArnEquals: { 'aws:SourceArn': GET_ATT(/^Rule/) } },
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
  const payloadIn = (command: string) =>
    JSON.parse(/--payload '([^']*)' \S+\.json$/.exec(command)?.[1] ?? '');

  test('name what the runbook’s commands need', () => {
    using synthesized = synthesize();
    for (const output of ['LogGroupName', 'FailureQueueUrl', 'AlarmTopicArn']) {
      synthesized.template.hasOutput(output, { Value: { Ref: Match.anyValue() } });
    }
    synthesized.template.hasOutput('FunctionName', { Value: { Ref: Match.stringLikeRegexp('^Function') } });
  });

  test('one target: a dry run and a clear, ready to paste', () => {
    using synthesized = synthesize();
    const dryRun = commandIn(synthesized.template, 'DryRunCommand');
    expect(dryRun).toMatch(
      /^aws lambda invoke --function-name FUNCTION --cli-binary-format raw-in-base64-out .*--payload /,
    );
    const { name, ...policy } = TARGET;
    expect(payloadIn(dryRun)).toEqual({ targetName: name, ...policy, dryRun: true });
    expect(payloadIn(commandIn(synthesized.template, 'ClearCommand'))).toEqual({
      operation: 'clear',
      targetName: 'default',
    });
  });

  test('several targets: a pair for each; a clear works in the same place, and is never dry', () => {
    const eu = {
      ...TARGET,
      name: 'eu',
      region: 'eu-west-1',
      secretName: 'other',
      batchPause: 0,
      dryRun: true,
    };
    using synthesized = synthesize({ targets: [TARGET, eu] });
    expect(payloadIn(commandIn(synthesized.template, 'DryRunCommand1')).targetName).toBe('default');
    expect(payloadIn(commandIn(synthesized.template, 'ClearCommand2'))).toEqual({
      operation: 'clear',
      targetName: 'eu',
      secretId: 'other',
      region: 'eu-west-1',
      batchPause: 0,
    });
  });
});

describe('warnings', () => {
  const warningsOf = (changes: Readonly<Record<string, unknown>>) =>
    warningsAbout(configured(changes)).map(({ message }) => message);

  test('are CDK’s, so that they are shown and can be acknowledged', () => {
    using synthesized = synthesize({ targets: [{ ...TARGET, blacklistHours: 2 }] });
    expect(synthesized.stack.node.metadata).toContainEqual(
      expect.objectContaining({
        type: 'aws:cdk:warning',
        data: expect.stringMatching(/default blacklists for 2 h.*short-cover-default/),
      }),
    );
  });

  test('none for what ships', () => {
    expect(warningsOf({})).toEqual([]);
  });

  test.each([
    [
      'exactly two intervals',
      { targets: [{ ...TARGET, blacklistHours: 2 }] },
      /^The target default blacklists for 2 h, .* open for minutes, again and again, .* Blacklist for 5 h,/,
    ],
    [
      'three intervals and 14 minutes',
      { targets: [{ ...TARGET, blacklistHours: 3 + 14 / 60 }] },
      /h, and runs by rate\(1 hour\)\. If one run is lost, risky types are open .* Blacklist for 5 h,/,
    ],
    [
      'two intervals so long that no blacklist outlasts three',
      { schedule: 'rate(62 hours)', targets: [{ ...TARGET, blacklistHours: 130 }] },
      /\. Run more often\.$/,
    ],
    ['runs faster than they may end', { schedule: 'rate(5 minutes)' }, /5 minutes apart/],
    [
      'more targets than the interval has room for',
      { targets: ['a', 'b', 'c', 'd'].map((name) => ({ ...TARGET, name })) },
      /4 targets .* 60 minutes/,
    ],
  ])('%s', (_, changes, message) => {
    expect(warningsOf(changes)).toEqual([expect.stringMatching(message)]);
  });

  test.each([
    ['three intervals and 15 minutes', { targets: [{ ...TARGET, blacklistHours: 3.25 }] }],
    ['room for all targets', { targets: ['a', 'b', 'c'].map((name) => ({ ...TARGET, name })) }],
    [
      'concurrency for all targets',
      { reservedConcurrency: 2, targets: ['a', 'b', 'c', 'd'].map((name) => ({ ...TARGET, name })) },
    ],
  ])('none for %s', (_, changes) => {
    expect(warningsOf(changes)).toEqual([]);
  });
});

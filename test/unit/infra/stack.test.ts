import { Duration } from 'aws-cdk-lib';
import { Match, type Template } from 'aws-cdk-lib/assertions';
import { describe, expect, test } from 'vitest';
import { eventAge } from '../../../infra/construct/run-function.ts';
import { readSchedule } from '../../../infra/construct/schedule.ts';
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
  test('has exactly these permissions', () => {
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
  test('has the configuration that a run needs', () => {
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

  test('is retried twice, within the interval, and its failures go to the queue', () => {
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
  ])('with the schedule %s drops an event after %i minutes', (schedule, minutes) => {
    expect(eventAge(readSchedule(schedule), Duration.hours(6)).toMinutes()).toBe(minutes);
  });

  test('uses the configured addresses', () => {
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

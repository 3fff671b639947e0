import { Match, type Template } from 'aws-cdk-lib/assertions';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { describe, expect, test } from 'vitest';
import { constructed, synthesize, TARGET } from '../../support/synthesized.ts';

const FANNED_OUT = { targets: [{ ...TARGET, fanOut: true }] };

type Properties = Readonly<Record<string, unknown>>;

/** @returns the properties of the resources of a type, by their logical ids */
function propertiesOf(template: Template, type: string): Record<string, Properties> {
  return Object.fromEntries(
    Object.entries(template.findResources(type)).map(([id, { Properties }]) => [id, Properties]),
  );
}

/** @returns the only item whose key fits */
function only<T>(items: Readonly<Record<string, T>>, pattern: RegExp): T {
  const [found, ...more] = Object.entries(items).filter(([key]) => pattern.test(key));
  if (found === undefined || more.length > 0) throw new Error(`There is not one ${pattern}.`);
  return found[1];
}

describe('fan-out', () => {
  test('is a FIFO queue that delivers one job at a time to the same function, and moves jobs that crash twice to a dead-letter queue', () => {
    using synthesized = synthesize(FANNED_OUT);
    const queues = propertiesOf(synthesized.template, 'AWS::SQS::Queue');
    expect(only(queues, /QueueJobs/)).toMatchObject({
      FifoQueue: true,
      SqsManagedSseEnabled: true,
      // Lambda takes no mapping of a queue whose messages come back while the function may still run.
      VisibilityTimeout: 16 * 60,
      MessageRetentionPeriod: 24 * 3600,
      RedrivePolicy: {
        maxReceiveCount: 2,
        deadLetterTargetArn: { 'Fn::GetAtt': [expect.stringMatching(/DeadJobs/), 'Arn'] },
      },
    });
    expect(only(queues, /DeadJobs/)).toMatchObject({
      FifoQueue: true,
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 24 * 3600,
    });
    const mapping = only(propertiesOf(synthesized.template, 'AWS::Lambda::EventSourceMapping'), /./);
    expect(mapping).toEqual({
      BatchSize: 1,
      Enabled: true,
      EventSourceArn: { 'Fn::GetAtt': [expect.stringMatching(/QueueJobs/), 'Arn'] },
      FunctionName: { Ref: expect.stringMatching(/Function/) },
    });
    const policies = JSON.stringify(propertiesOf(synthesized.template, 'AWS::SQS::QueuePolicy'));
    expect(policies.match(/"aws:SecureTransport":"false"/g)).toHaveLength(3);
  });

  test('gives the function the queue’s address, and permission only to send and receive', () => {
    using synthesized = synthesize(FANNED_OUT);
    const { Environment } = only(propertiesOf(synthesized.template, 'AWS::Lambda::Function'), /./);
    expect(Environment).toMatchObject({
      Variables: { FAN_OUT_QUEUE_URL: { Ref: expect.stringMatching(/QueueJobs/) } },
    });
    const { PolicyDocument } = only(propertiesOf(synthesized.template, 'AWS::IAM::Policy'), /./);
    const { Statement } = PolicyDocument as {
      Statement: { Sid?: string; Action: unknown; Resource: unknown }[];
    };
    const jobs = { 'Fn::GetAtt': [expect.stringMatching(/QueueJobs/), 'Arn'] };
    expect(Statement.filter(({ Sid }) => Sid?.endsWith('Jobs'))).toEqual([
      { Sid: 'PlanJobs', Effect: 'Allow', Action: 'sqs:SendMessage', Resource: jobs },
      {
        Sid: 'ReceiveJobs',
        Effect: 'Allow',
        Action: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
        Resource: jobs,
      },
    ]);
  });

  test.each([
    [{}, 3],
    [{ reservedConcurrency: 4 }, 6],
    [{ reservedConcurrency: null }, undefined],
  ])('leaves room for the planner and a dry run beside a job: %o', (changes, expected) => {
    using synthesized = synthesize({ ...FANNED_OUT, ...changes });
    const handler = only(propertiesOf(synthesized.template, 'AWS::Lambda::Function'), /./);
    expect(handler['ReservedConcurrentExecutions']).toBe(expected);
  });

  test('adds two alarms, and allows longer intervals between completed rounds', () => {
    using synthesized = synthesize(FANNED_OUT);
    const alarms = Object.values(propertiesOf(synthesized.template, 'AWS::CloudWatch::Alarm')).map(
      (alarm) => ({
        ...alarm,
        AlarmName: alarm['AlarmName'],
        // Names of resources are not known before they are deployed.
        AlarmDescription: JSON.stringify(alarm['AlarmDescription']),
      }),
    );
    const named = (name: string) =>
      alarms.find(({ AlarmName }) => AlarmName === `SpotBlacklist-${name}-default`);
    expect(alarms).toHaveLength(8);
    expect(named('page-DeadJobs')).toMatchObject({
      MetricName: 'ApproximateNumberOfMessagesVisible',
      Dimensions: [{ Value: { 'Fn::GetAtt': [expect.stringMatching(/DeadJobs/), 'QueueName'] } }],
      Threshold: 1,
      AlarmDescription: expect.stringMatching(
        /Look now: .* crashed or timed out twice.*Look first at the messages in the queue .*#dead-jobs/,
      ),
    });
    expect(named('low-LateJobs')).toMatchObject({
      MetricName: 'ApproximateAgeOfOldestMessage',
      Dimensions: [{ Value: { 'Fn::GetAtt': [expect.stringMatching(/QueueJobs/), 'QueueName'] } }],
      Threshold: 3600,
      AlarmDescription: expect.stringMatching(
        /Low severity, .*Look first at the number of jobs .*#late-jobs/,
      ),
    });
    // Three hours, and the quarter that a run may take.
    expect(named('page-NotRunning')).toMatchObject({
      EvaluationPeriods: 39,
      AlarmDescription: expect.stringContaining('for three intervals'),
    });
  });

  test('is stopped by the kill switch, jobs included', () => {
    using synthesized = synthesize({ ...FANNED_OUT, enabled: false });
    const mapping = only(propertiesOf(synthesized.template, 'AWS::Lambda::EventSourceMapping'), /./);
    expect(mapping).toMatchObject({ Enabled: false });
  });

  test('keeps jobs for two intervals, so that late ones are detected', () => {
    using made = constructed(() => ({
      fanOut: true,
      schedule: Schedule.expression('rate(2 days)'),
      settings: { ...TARGET_SETTINGS, blacklistHours: 120 },
    }));
    const queues = propertiesOf(made.template, 'AWS::SQS::Queue');
    expect(only(queues, /QueueJobs/)).toMatchObject({ MessageRetentionPeriod: 4 * 24 * 3600 });
  });

  test('leaves room for 22 targets in a stack', () => {
    const targets = Array.from({ length: 22 }, (_, index) => ({
      ...TARGET,
      name: `target-${index}`,
      fanOut: true,
    }));
    using synthesized = synthesize({ targets });
    const { Resources = {}, Outputs = {} } = synthesized.template.toJSON();
    expect(Object.keys(Resources).length).toBeLessThanOrEqual(500);
    expect(Object.keys(Outputs).length).toBeLessThanOrEqual(200);
  });

  test('is off by default', () => {
    using synthesized = synthesize();
    synthesized.template.resourceCountIs('AWS::Lambda::EventSourceMapping', 0);
    synthesized.template.resourceCountIs('AWS::SQS::Queue', 1);
    expect(JSON.stringify(synthesized.template.toJSON())).not.toContain('FAN_OUT_QUEUE_URL');
  });

  test('shows its queues on the dashboard, and the dead-letter queue and a command that stops it in the outputs', () => {
    using synthesized = synthesize(FANNED_OUT);
    synthesized.template.hasOutput('DeadJobQueueUrl', { Value: { Ref: Match.stringLikeRegexp('DeadJobs') } });
    const { Value } = only(synthesized.template.findOutputs('StopCommand'), /./);
    expect(JSON.stringify(Value)).toMatch(
      /aws events disable-rule --name .*Rule.* && aws lambda update-event-source-mapping --uuid .*QueueMapping.* --no-enabled/,
    );
    const dashboard = JSON.stringify(propertiesOf(synthesized.template, 'AWS::CloudWatch::Dashboard'));
    expect(dashboard).toContain('ApproximateAgeOfOldestMessage');
  });
});

const TARGET_SETTINGS = { os: 'Linux', interruptionThreshold: 20 };

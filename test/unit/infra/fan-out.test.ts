import { Match, type Template } from 'aws-cdk-lib/assertions';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { describe, expect, test } from 'vitest';
import { constructed, everyProp, synthesize, TARGET } from '../../support/synthesized.ts';

const FANNED_OUT = { targets: [{ ...TARGET, fanOut: true }] };

const RUNS = /^TargetdefaultFunction/;
const JOBS = /^TargetdefaultJobFunction/;

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
  test('is a FIFO queue that delivers one job at a time to a function of their own, and moves jobs that crash twice to a dead-letter queue', () => {
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
      FunctionName: { Ref: expect.stringMatching(/JobFunction/) },
      // SQS's pollers take no less.
      ScalingConfig: { MaximumConcurrency: 2 },
    });
    const policies = JSON.stringify(propertiesOf(synthesized.template, 'AWS::SQS::QueuePolicy'));
    expect(policies.match(/"aws:SecureTransport":"false"/g)).toHaveLength(3);
  });

  test('has the same code, environment and log in both functions, and an entry point for each', () => {
    using synthesized = synthesize(FANNED_OUT);
    const functions = propertiesOf(synthesized.template, 'AWS::Lambda::Function');
    expect(Object.keys(functions)).toHaveLength(2);
    const { Handler, Role, Description, ReservedConcurrentExecutions: _, ...run } = only(functions, RUNS);
    const { ReservedConcurrentExecutions: __, ...job } = only(functions, JOBS);
    expect(Handler).toBe('index.handler');
    expect(job).toEqual({
      ...run,
      Handler: 'fleet.handler',
      Role: { 'Fn::GetAtt': [expect.stringMatching(/JobRole/), 'Arn'] },
      Description: expect.stringContaining('jobs of a fleet'),
    });
    expect(Role).toEqual({ 'Fn::GetAtt': [expect.not.stringMatching(/JobRole/), 'Arn'] });
    expect(Description).not.toContain('jobs');
    expect(run['Environment']).toMatchObject({
      Variables: { FAN_OUT_QUEUE_URL: { Ref: expect.stringMatching(/QueueJobs/) } },
    });
  });

  test('lets the function of the runs only send and count jobs, and that of the jobs only receive them', () => {
    using synthesized = synthesize(FANNED_OUT);
    const policies = propertiesOf(synthesized.template, 'AWS::IAM::Policy');
    const jobs = { 'Fn::GetAtt': [expect.stringMatching(/QueueJobs/), 'Arn'] };
    const statementsOf = ({ PolicyDocument }: Properties) =>
      (PolicyDocument as { Statement: { Sid?: string }[] }).Statement;
    const run = statementsOf(only(policies, /^TargetdefaultRole/));
    const job = statementsOf(only(policies, /^TargetdefaultJobRole/));
    const sids = (statements: { Sid?: string }[]) => statements.flatMap(({ Sid }) => Sid ?? []).sort();
    expect(sids(job)).toEqual(['ReadSecret', 'ReceiveJobs', 'TellWhatChanged', 'WriteOwnLogs']);
    expect(sids(run)).toEqual([
      'PlanJobs',
      'ReadSecret',
      'ReportFailures',
      'TellWhatChanged',
      'WriteOwnLogs',
    ]);
    expect(run).toContainEqual({
      Sid: 'PlanJobs',
      Effect: 'Allow',
      Action: ['sqs:GetQueueAttributes', 'sqs:SendMessage'],
      Resource: jobs,
    });
    expect(job).toContainEqual({
      Sid: 'ReceiveJobs',
      Effect: 'Allow',
      Action: ['sqs:DeleteMessage', 'sqs:GetQueueAttributes', 'sqs:ReceiveMessage'],
      Resource: jobs,
    });
  });

  test.each([
    [{}, 1, 2],
    [{ reservedConcurrency: 4 }, 4, 2],
    [{ reservedConcurrency: null }, undefined, undefined],
  ])('reserves concurrency for the jobs apart: %o', (changes, ofRuns, ofJobs) => {
    using synthesized = synthesize({ ...FANNED_OUT, ...changes });
    const functions = propertiesOf(synthesized.template, 'AWS::Lambda::Function');
    expect(only(functions, RUNS)['ReservedConcurrentExecutions']).toBe(ofRuns);
    expect(only(functions, JOBS)['ReservedConcurrentExecutions']).toBe(ofJobs);
  });

  test('puts both functions into the VPC, with one security group', () => {
    using made = constructed(everyProp);
    const functions = Object.values(propertiesOf(made.template, 'AWS::Lambda::Function'));
    expect(functions).toHaveLength(2);
    expect(functions[0]?.['VpcConfig']).toMatchObject({ SubnetIds: ['subnet-12345678'] });
    expect(functions[1]?.['VpcConfig']).toEqual(functions[0]?.['VpcConfig']);
    made.template.resourceCountIs('AWS::EC2::SecurityGroup', 1);
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

  test('leaves room for 19 targets in a stack', () => {
    const targets = Array.from({ length: 19 }, (_, index) => ({
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

  test('shows its queues and its function on the dashboard, and the function, the dead-letter queue and a command that stops it in the outputs', () => {
    using synthesized = synthesize(FANNED_OUT);
    synthesized.template.hasOutput('JobFunctionName', {
      Value: { Ref: Match.stringLikeRegexp('JobFunction') },
    });
    synthesized.template.hasOutput('DeadJobQueueUrl', { Value: { Ref: Match.stringLikeRegexp('DeadJobs') } });
    const { Value } = only(synthesized.template.findOutputs('StopCommand'), /./);
    expect(JSON.stringify(Value)).toMatch(
      /aws events disable-rule --name .*Rule.* && aws lambda update-event-source-mapping --uuid .*QueueMapping.* --no-enabled/,
    );
    const dashboard = JSON.stringify(propertiesOf(synthesized.template, 'AWS::CloudWatch::Dashboard'));
    expect(dashboard).toContain('ApproximateAgeOfOldestMessage');
    expect(dashboard).toContain('default: invocations for jobs');
  });
});

const TARGET_SETTINGS = { os: 'Linux', interruptionThreshold: 20 };

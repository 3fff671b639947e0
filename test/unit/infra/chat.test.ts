import { Match, type Template } from 'aws-cdk-lib/assertions';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { describe, expect, test } from 'vitest';
import { RunIncompleteError } from '../../../lambda/domain/errors.ts';
import { runEvent } from '../../../lambda/report/event.ts';
import { constructed, synthesize, TARGET } from '../../support/synthesized.ts';

interface Transformer {
  readonly InputPathsMap: Readonly<Record<string, string>>;
  readonly InputTemplate: { readonly 'Fn::Join': [string, readonly unknown[]] };
}

/** The rules that tell a chat channel. */
const chatRulesOf = (template: Template) =>
  Object.values(template.findResources('AWS::Events::Rule'))
    .map(({ Properties }) => Properties)
    .filter(({ EventPattern }) => EventPattern !== undefined);

/** The message that EventBridge makes of an event: it inserts what it finds as it is, and escapes nothing. */
function messageOf({ InputPathsMap, InputTemplate }: Transformer, event: object): unknown {
  const [, parts] = InputTemplate['Fn::Join'];
  const template = parts
    .map((part) => (typeof part === 'string' ? part : Object.values(part ?? {}).join()))
    .join('');
  const text = template.replaceAll(/<([\w-]+)>/g, (_, name: string) => {
    const path = InputPathsMap[name]?.replace('$.', '').split('.') ?? [];
    return String(path.reduce<unknown>((value, key) => Reflect.get(Object(value), key), event));
  });
  return JSON.parse(text);
}

describe('the chat topic', () => {
  test('exists only if configured', () => {
    using without = synthesize();
    expect(chatRulesOf(without.template)).toEqual([]);
    without.template.resourceCountIs('AWS::SNS::Topic', 1);
    using withChat = synthesize({ chatTopic: true, targets: [TARGET, { ...TARGET, name: 'second' }] });
    expect(chatRulesOf(withChat.template)).toHaveLength(2);
    withChat.template.resourceCountIs('AWS::SNS::Topic', 2);
    withChat.template.hasOutput('ChatTopicArn', {
      Value: { Ref: Match.stringLikeRegexp('^MonitoringChat') },
    });
  });

  test('is encrypted, and lets EventBridge publish without conditions, which it cannot meet', () => {
    using synthesized = synthesize({
      chatTopic: true,
      targets: Array.from({ length: 25 }, (_, index) => ({ ...TARGET, name: `target-${index}` })),
    });
    const { template } = synthesized;
    template.resourceCountIs('AWS::KMS::Key', 1);
    template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: {
        Statement: Match.arrayWith([
          {
            Sid: 'EncryptChat',
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
            Resource: '*',
          },
        ]),
      },
    });
    const policies = Object.values(template.findResources('AWS::SNS::TopicPolicy'));
    const statements = policies.flatMap(({ Properties }) => Properties.PolicyDocument.Statement);
    expect(statements.filter(({ Principal }) => Principal?.Service === 'events.amazonaws.com')).toEqual([
      {
        Sid: expect.any(String),
        Effect: 'Allow',
        Principal: { Service: 'events.amazonaws.com' },
        Action: 'sns:Publish',
        Resource: { Ref: expect.stringMatching(/^MonitoringChat/) },
      },
    ]);
  });

  test('can be an existing one', () => {
    using made = constructed((stack) => ({ chatTopic: new Topic(stack, 'Theirs') }));
    const [rule] = chatRulesOf(made.template);
    expect(rule?.Targets).toMatchObject([{ Arn: { Ref: expect.stringMatching(/^Theirs/) } }]);
    made.template.hasResourceProperties('AWS::SNS::TopicPolicy', {
      PolicyDocument: {
        Statement: [
          Match.objectLike({ Principal: { Service: 'events.amazonaws.com' }, Action: 'sns:Publish' }),
        ],
      },
    });
  });
});

describe('a chat message', () => {
  const FACTS = {
    operation: 'apply',
    startedAt: '2026-02-14T12:00:00.000Z',
    target: { name: 'default', region: 'us-east-1', os: 'Linux' },
  } as const;

  test('is sent for this target’s runs that have a summary', () => {
    using synthesized = synthesize({ chatTopic: true });
    expect(chatRulesOf(synthesized.template).map(({ EventPattern }) => EventPattern)).toEqual([
      {
        source: ['spot-blacklist'],
        'detail-type': ['Run Completed', 'Run Failed'],
        detail: { target: { name: ['default'] }, summary: [{ exists: true }] },
      },
    ]);
  });

  test('has the format of Amazon Q in chat, whatever the error contains', () => {
    using synthesized = synthesize({ chatTopic: true, runbookUrl: 'https://wiki.example.com/spot' });
    const [rule] = chatRulesOf(synthesized.template);
    const error = new RunIncompleteError('"quoted"\nand more');
    const { source, detailType, detail } = runEvent({ result: null, error }, FACTS);
    const event = { source, 'detail-type': detailType, detail };
    expect(messageOf(rule?.Targets[0].InputTransformer, event)).toEqual({
      version: '1.0',
      source: 'custom',
      content: {
        textType: 'client-markdown',
        title: 'spot-blacklist: Run Failed (default)',
        description: expect.stringMatching(
          /^It failed: RunIncompleteError \(RUN_INCOMPLETE\)\. Details are in the log group \S+ in AWS::Region, account AWS::AccountId\.$/,
        ),
        nextSteps: ['Runbook: https://wiki.example.com/spot'],
      },
    });
  });
});

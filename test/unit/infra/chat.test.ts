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

  test('is encrypted with a key of its own, and lets EventBridge publish without conditions, which it cannot meet', () => {
    using synthesized = synthesize({
      chatTopic: true,
      targets: Array.from({ length: 25 }, (_, index) => ({ ...TARGET, name: `target-${index}` })),
    });
    const { template } = synthesized;
    const keys = Object.entries(template.findResources('AWS::KMS::Key'));
    const users = keys.map(([id, { Properties }]) => [id, Properties.KeyPolicy.Statement.slice(1)]);
    expect(users).toEqual([
      [
        expect.stringMatching(/^MonitoringAlarmsKey/),
        [expect.objectContaining({ Principal: { Service: 'cloudwatch.amazonaws.com' } })],
      ],
      [
        expect.stringMatching(/^MonitoringChatKey/),
        [
          {
            Effect: 'Allow',
            Principal: { Service: 'events.amazonaws.com' },
            Action: ['kms:Decrypt', 'kms:GenerateDataKey*'],
            Resource: '*',
          },
        ],
      ],
    ]);
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
        account: [{ Ref: 'AWS::AccountId' }],
        source: ['spot-blacklist'],
        'detail-type': ['Run Completed', 'Run Failed'],
        detail: {
          target: { name: ['default'] },
          summary: [{ 'anything-but': { wildcard: ['*"*', '*\\\\*'] } }],
        },
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

  test.each([
    ['quotes', 'It failed.", "title": "All is well", "x": "'],
    ['a backslash, which would escape the quote after it', 'It failed.\\'],
    ['a backslash and quotes', '\\", "title": "All is well"'],
  ])('is not sent for a forged summary with %s', (_, summary) => {
    expect(isSent(summary)).toBe(false);
  });

  test('is sent for whatever a run says of itself', () => {
    for (const error of [new RunIncompleteError('"quoted" \\ and more'), null]) {
      const { detail } = runEvent({ result: null, error }, FACTS);
      if (detail.summary !== undefined) expect(isSent(detail.summary)).toBe(true);
    }
    expect(isSent('Newly kept off Spot: m5ad.2xlarge, u-6tb1.metal (<5%) …')).toBe(true);
  });

  /** Whether the rule matches an event with this summary: EventBridge's wildcards know `*`, and a backslash before one. */
  function isSent(summary: string): boolean {
    using synthesized = synthesize({ chatTopic: true });
    const [rule] = chatRulesOf(synthesized.template);
    const wildcards: string[] = rule?.EventPattern.detail.summary[0]['anything-but'].wildcard;
    return !wildcards
      .map((wildcard) =>
        wildcard.replaceAll(/\\(.)|(\*)/g, (_, plain) => (plain ? RegExp.escape(plain) : '.*')),
      )
      .some((pattern) => new RegExp(`^${pattern}$`, 's').test(summary));
  }
});

import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import {
  EventBridgeClient,
  ListRulesCommand,
  ListTargetsByRuleCommand,
  PutTargetsCommand,
  RemoveTargetsCommand,
  type Rule,
} from '@aws-sdk/client-eventbridge';
import {
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam';
import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { unzipSync } from 'fflate';
import type { LocalAws } from './local-aws.ts';

export const STACK = 'SpotBlacklist';

/** What AWS says is deployed; everything is asked for anew. */
export class Deployed {
  readonly #aws: LocalAws;

  constructor(aws: LocalAws) {
    this.#aws = aws;
  }

  /** What `cdk deploy` printed at its end. */
  async outputs(): Promise<Record<string, string>> {
    const client = new CloudFormationClient(this.#aws.client);
    const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: STACK }));
    const outputs = Stacks[0]?.Outputs ?? [];
    return Object.fromEntries(outputs.map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
  }

  /** The stack's template, as it was deployed. */
  async template(): Promise<string> {
    const client = new CloudFormationClient(this.#aws.client);
    const { TemplateBody = '' } = await client.send(new GetTemplateCommand({ StackName: STACK }));
    return TemplateBody;
  }

  /** The one rule with a schedule, with its one target. */
  async rule() {
    const { target, ...rule } = await this.#rule((one) => Boolean(one.ScheduleExpression));
    return { ...rule, target, input: JSON.parse(target?.Input ?? 'null') };
  }

  /**
   * Gives the rule that tells a chat channel a new queue as its target: moto does not deliver to topics. The scheduled rule
   * loses its target, because moto sends it every event, and fails.
   *
   * @returns receives a message that the rule has sent since; null if there is none
   */
  async divertChat(): Promise<() => Promise<unknown>> {
    const { target, ...rule } = await this.#rule((one) => !one.ScheduleExpression);
    const sqs = new SQSClient(this.#aws.client);
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'chat' }));
    const attributes = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] });
    const { Attributes } = await sqs.send(attributes);
    const diverted = {
      Id: target?.Id,
      Arn: Attributes?.QueueArn,
      InputTransformer: target?.InputTransformer,
    };
    const client = new EventBridgeClient(this.#aws.client);
    await client.send(new PutTargetsCommand({ Rule: rule.Name, Targets: [diverted] }));
    const scheduled = await this.rule();
    const Ids = [scheduled.target?.Id ?? ''];
    await client.send(new RemoveTargetsCommand({ Rule: scheduled.Name, Ids }));
    return async () => {
      const { Messages: [message] = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
      return JSON.parse(message?.Body ?? 'null');
    };
  }

  async #rule(isIt: (rule: Rule) => boolean) {
    const client = new EventBridgeClient(this.#aws.client);
    const { Rules = [] } = await client.send(new ListRulesCommand({}));
    const rule = Rules.find(isIt);
    const { Targets: [target] = [] } = await client.send(new ListTargetsByRuleCommand({ Rule: rule?.Name }));
    return { ...rule, target };
  }

  async function() {
    const { FunctionName } = await this.outputs();
    const client = new LambdaClient(this.#aws.client);
    return client.send(new GetFunctionCommand({ FunctionName }));
  }

  /** Every statement of the function's role, and the managed policies that it has. */
  async permissions() {
    const { Configuration } = await this.function();
    const RoleName = Configuration?.Role?.split('/').at(-1);
    const client = new IAMClient(this.#aws.client);
    const { PolicyNames = [] } = await client.send(new ListRolePoliciesCommand({ RoleName }));
    const policies = await Promise.all(
      PolicyNames.map((PolicyName) => client.send(new GetRolePolicyCommand({ RoleName, PolicyName }))),
    );
    const { AttachedPolicies } = await client.send(new ListAttachedRolePoliciesCommand({ RoleName }));
    const statements = policies.flatMap(
      ({ PolicyDocument = '' }) => JSON.parse(decodeURIComponent(PolicyDocument)).Statement,
    );
    return { statements, managed: AttachedPolicies };
  }

  /**
   * Downloads the function's code into a new folder below `folder`.
   *
   * @returns that folder
   * @throws {Error} if it is not what the function was made from
   */
  async download(folder: string): Promise<string> {
    const { Configuration } = await this.function();
    const { Code } =
      Object.values(JSON.parse(await this.template()).Resources)
        .map((resource) => resource as { Type: string; Properties: { Code: { S3Key: string } } })
        .find(({ Type }) => Type === 'AWS::Lambda::Function')?.Properties ?? {};
    // Where moto says that the code is, there is nothing: it comes from where CDK put it.
    const [, , , , account] = Configuration?.FunctionArn?.split(':') ?? [];
    const client = new S3Client({ ...this.#aws.client, forcePathStyle: true });
    const { Body } = await client.send(
      new GetObjectCommand({
        Bucket: `cdk-hnb659fds-assets-${account}-${this.#aws.region}`,
        Key: Code?.S3Key,
      }),
    );
    const zip = (await Body?.transformToByteArray()) ?? new Uint8Array();
    const hash = createHash('sha256').update(zip).digest('base64');
    if (hash !== Configuration?.CodeSha256) throw new Error('The asset is not the function’s code.');
    const code = mkdtempSync(join(folder, 'code-'));
    for (const [name, content] of Object.entries(unzipSync(zip))) writeFileSync(join(code, name), content);
    return code;
  }
}

import { createHash } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  CloudFormationClient,
  DescribeStacksCommand,
  GetTemplateCommand,
} from '@aws-sdk/client-cloudformation';
import { EventBridgeClient, ListRulesCommand, ListTargetsByRuleCommand } from '@aws-sdk/client-eventbridge';
import {
  GetRolePolicyCommand,
  IAMClient,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
} from '@aws-sdk/client-iam';
import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
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

  /** The one rule, with its one target. */
  async rule() {
    const client = new EventBridgeClient(this.#aws.client);
    const { Rules: [rule] = [] } = await client.send(new ListRulesCommand({}));
    const { Targets: [target] = [] } = await client.send(new ListTargetsByRuleCommand({ Rule: rule?.Name }));
    return { ...rule, target, input: JSON.parse(target?.Input ?? 'null') };
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
   * @returns the path of the handler's module
   * @throws {Error} if it is not what the function was made from, or more than one file
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
    const [[name, code] = ['', ''], ...others] = Object.entries(unzipSync(zip));
    if (name !== 'index.mjs' || others.length > 0)
      throw new Error(`The code should be index.mjs only, but is ${name} and ${others.length} others.`);
    const file = join(mkdtempSync(join(folder, 'code-')), name);
    writeFileSync(file, code);
    return file;
  }
}

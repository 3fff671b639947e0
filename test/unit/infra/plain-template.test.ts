import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { beforeAll, describe, expect, it } from 'vitest';
import { secretName } from '../../../infra/stack/configuration-schema.ts';
import { SETTINGS } from '../../../lambda/settings/table.ts';
import { PROJECT } from '../../support/project.ts';
import { synthesize } from '../../support/synthesized.ts';

interface Resource {
  readonly Type: string;
  readonly Properties: Record<string, unknown>;
}

interface Parameter {
  readonly Default?: unknown;
  readonly AllowedPattern?: string;
  readonly ConstraintDescription?: string;
}

interface Statement {
  readonly Action: string | string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

let text: string;
let parameters: Readonly<Record<string, Parameter>>;
let resources: readonly Resource[];
let allowed: readonly Statement[];

beforeAll(() => {
  text = execFileSync(process.execPath, [join(PROJECT, 'infra', 'stack', 'plain-template.ts')], {
    encoding: 'utf8',
    // The folder with sources is not where it is run.
    cwd: '/',
    // CDK's own rules judge what a release gets (test/artifacts); here they would take most of the time.
    env: { ...process.env, CDK_VALIDATION: 'false' },
  });
  const template = JSON.parse(text);
  parameters = template.Parameters;
  resources = Object.values(template.Resources);
  allowed = resources.flatMap(({ Type, Properties }) =>
    Type === 'AWS::IAM::Policy' ? (Properties['PolicyDocument'] as { Statement: Statement[] }).Statement : [],
  );
}, 120_000);

/** The properties of the resources of a type. */
const of = (type: string) =>
  resources.filter(({ Type }) => Type === type).map(({ Properties }) => Properties);

/** The properties of the one resource of a type. */
function theOne(type: string): Readonly<Record<string, unknown>> {
  const [one, ...more] = of(type);
  if (one === undefined || more.length > 0) throw new Error(`${more.length + 1} of ${type}`);
  return one;
}

const accepts = (name: string, value: string) =>
  new RegExp(parameters[name]?.AllowedPattern ?? '').test(value);

describe('the plain CloudFormation template', () => {
  it('needs neither bootstrap nor assets, and fits into a deploy command without a bucket', () => {
    expect(text).not.toMatch(/cdk-|BootstrapVersion|AssetParameters|CheckBootstrap/);
    expect(of('AWS::Lambda::Function')).toEqual([
      expect.objectContaining({ Code: { S3Bucket: { Ref: 'CodeBucket' }, S3Key: { Ref: 'CodeKey' } } }),
    ]);
    // CloudFormation's limit for a template that comes with the request.
    expect(Buffer.byteLength(text)).toBeLessThan(51_200);
  });

  it('requires only the location of the code', () => {
    const required = Object.keys(parameters).filter((name) => parameters[name]?.Default === undefined);
    expect(required).toEqual(['CodeBucket', 'CodeKey']);
  });

  it.each([
    [
      'SecretName',
      'arn:aws:secretsmanager:us-east-1:111122223333:secret:castai-AbCdEf',
      /name \(not its ARN\)/,
    ],
    ['SecretName', '*', /name/],
    ['SecretName', 'teams/*', /name/],
    ['SecretName', 'castai-??????', /name/],
    ['SecretName', 'two words', /name/],
    ['SecretName', '', /name/],
    ['SecretName', `castai_v1_${'a1'.repeat(32)}_b`, /not an API key/],
    ['SecretName', 'a1B2'.repeat(10), /not an API key/],
    ['TargetName', '-default', /letters/],
    ['TargetName', 'a1'.repeat(20), /not an API key/],
    ['RunbookUrl', 'http://wiki.example.com', /https:/],
    ['RunbookUrl', 'https://wiki.example.com/spot#top', /without an anchor/],
    ['RunbookUrl', 'docs/other.md', /https:/],
    ['AlarmTopicArn', 'alarms', /ARN of an SNS topic/],
    ['AlarmTopicArn', 'arn:aws:sns:us-east-1:111122223333:*', /ARN of an SNS topic/],
    ['CodeBucket', 's3://my-bucket', /name of a bucket/],
    ['CodeBucket', 'arn:aws:s3:::my-bucket', /name of a bucket/],
    ['CodeKey', 's3://my-bucket/handler.zip', /key/],
  ])('refuses %s %j, and says what it must be', (name, value, description) => {
    expect(accepts(name, value)).toBe(false);
    expect(parameters[name]?.ConstraintDescription).toMatch(description);
  });

  it.each([
    ['SecretName', 'spot-blacklist/castai'],
    ['SecretName', `${'Team/A_+=.@-'.repeat(42)}12345678`],
    ['TargetName', 'Team.A_b-1'],
    ['RunbookUrl', 'https://wiki.example.com/~team/spot%20runbook.md'],
    ['AlarmTopicArn', 'none'],
    ['AlarmTopicArn', 'arn:aws-us-gov:sns:us-gov-west-1:111122223333:alarms_1'],
    ['CodeBucket', 'my-bucket.eu'],
    ['CodeKey', 'spot-blacklist/0.1.0.zip'],
  ])('accepts %s %j', (name, value) => {
    expect(accepts(name, value)).toBe(true);
  });

  it.each([
    ['InterruptionThreshold', SETTINGS.interruptionThreshold.rule.text],
    ['SecretName', secretName.value],
    ['TargetName', SETTINGS.targetName.rule.text],
  ])('accepts as %s what cdk.json accepts, and nothing else', (name, rule) => {
    const values = [
      ...['0', '1', '5', '12.5', '20', '99', '99.99', '100', '120', '0.2', '0.99', '-1', '1e1', '20%', ''],
      ...['spot-blacklist/castai', '/', '*', 'castai-*', 'a?', 'arn:aws:secretsmanager:us-east-1:1:secret:x'],
      ...[
        'castai_v1_abc',
        'CASTAI_V1_abc',
        'my-castai_v2',
        'a1B2'.repeat(10),
        'a1B2'.repeat(9),
        'x'.repeat(513),
      ],
      ...['default', 'Team.A_b-1', '-default', '.a', 'two words', 'a@b', 'a=b+c', 'é', 'a\nb', '$' + '{x}'],
    ];
    for (const value of values) expect([value, accepts(name, value)]).toEqual([value, v.is(rule, value)]);
  });

  it('accepts its own defaults', () => {
    for (const [name, { Default }] of Object.entries(parameters))
      if (Default !== undefined) expect(accepts(name, String(Default)), name).toBe(true);
  });

  it('takes text only where a list or a pattern says which', () => {
    for (const [name, parameter] of Object.entries(parameters))
      expect(parameter, name).toEqual(
        expect.objectContaining(
          'AllowedPattern' in parameter
            ? { AllowedPattern: expect.stringMatching(/^\^.*\$$/), ConstraintDescription: expect.any(String) }
            : 'MinValue' in parameter
              ? { Type: 'Number', MaxValue: expect.any(Number) }
              : { AllowedValues: expect.any(Array) },
        ),
      );
  });

  it('uses every parameter', () => {
    for (const name of Object.keys(parameters)) expect(text).toContain(`"Ref": "${name}"`);
  });

  it('names its alarms after the deployed stack, so that two stacks do not collide', () => {
    const names = of('AWS::CloudWatch::Alarm').map(({ AlarmName }) => AlarmName);
    expect(names).toHaveLength(6);
    for (const name of names)
      expect(name).toEqual({
        'Fn::Join': [
          '',
          [{ Ref: 'AWS::StackName' }, expect.stringMatching(/^-(page|low)-/), expect.anything()],
        ],
      });
  });

  it('has the resources and permissions of a target in the stack', () => {
    using stack = synthesize();
    const types = (all: readonly Resource[]) => all.map(({ Type }) => Type).sort();
    const ofTarget = Object.entries(stack.template.toJSON()['Resources'] as Record<string, Resource>)
      .filter(([id]) => id.startsWith('Target'))
      .map(([, resource]) => resource);
    expect(types(resources)).toEqual(types(ofTarget));
    const policies = ofTarget.filter(({ Type }) => Type === 'AWS::IAM::Policy');
    expect(actionsOf(allowed)).toEqual(
      actionsOf(
        policies.flatMap(
          ({ Properties }) => (Properties['PolicyDocument'] as { Statement: Statement[] }).Statement,
        ),
      ),
    );
  });
});

function actionsOf(statements: readonly Statement[]): string[] {
  return statements.flatMap(({ Action }) => Action).sort();
}

describe('the Terraform in docs/install.md', () => {
  const [, terraform = ''] =
    /^```hcl\n(.*?)^```$/ms.exec(readFileSync(join(PROJECT, 'docs', 'install.md'), 'utf8')) ?? [];

  /** The values of a block's attributes that are literals, by name, whatever block they are in. */
  const attributes = new Map(
    [...terraform.matchAll(/(?:^|\{) *(\w+) += ("[^"$]*"|\d+|\["\w+"\])(?: \})?$/gm)].map(
      ([, name = '', value = '']) => [name, JSON.parse(value)],
    ),
  );

  /** What the function may do: an object of HCL on each line, with its actions, resource and condition. */
  const [, policy = ''] =
    /^resource "aws_iam_role_policy".*?Statement = \[\n(.*?)^ {2}\]/ms.exec(terraform) ?? [];
  const statements = policy
    .trim()
    .split('\n')
    .map((line) => {
      const [, action = '', resource = '', condition] =
        /Effect = "Allow", Action = (\[.*?\]), Resource = (.*?)(?:, Condition = (.*))? \},$/.exec(line) ?? [];
      const Condition = condition?.replaceAll(
        /("?[\w:]+"?) = /g,
        (_, key: string) => `${JSON.stringify(key.replaceAll('"', ''))}: `,
      );
      return {
        actions: (JSON.parse(action) as string[]).sort(),
        resource: kindOf(resource),
        condition: Condition === undefined ? undefined : JSON.parse(Condition),
      };
    });

  it('gives the function the template’s permissions on the same resources', () => {
    const expected = allowed.map(({ Action, Resource, Condition }) => ({
      actions: [Action].flat().sort(),
      resource: kindOf(JSON.stringify(Resource)),
      condition: Condition,
    }));
    expect(expected).toHaveLength(5);
    expect(statements).toEqual(expected);
  });

  it('configures the function like the template', () => {
    const fn = theOne('AWS::Lambda::Function');
    expect({
      Runtime: attributes.get('runtime'),
      Architectures: attributes.get('architectures'),
      Handler: attributes.get('handler'),
      MemorySize: attributes.get('memory_size'),
      Timeout: attributes.get('timeout'),
    }).toEqual({
      Runtime: fn['Runtime'],
      Architectures: fn['Architectures'],
      Handler: fn['Handler'],
      MemorySize: fn['MemorySize'],
      Timeout: fn['Timeout'],
    });
    const { Variables } = fn['Environment'] as { Variables: Record<string, unknown> };
    for (const name of ['SCHEDULE_GAP_MINUTES', 'EVENT_BUS'])
      expect(attributes.get(name), name).toBe(Variables[name]);
    expect(attributes.get('OS')).toBe(parameters['Os']?.Default);
    expect(attributes.get('INTERRUPTION_THRESHOLD')).toBe(
      String(parameters['InterruptionThreshold']?.Default),
    );
    expect(attributes.get('BLACKLIST_HOURS')).toBe(String(parameters['BlacklistHours']?.Default));
  });

  it('retries and runs like the template', () => {
    const config = theOne('AWS::Lambda::EventInvokeConfig');
    expect(attributes.get('maximum_event_age_in_seconds')).toBe(config['MaximumEventAgeInSeconds']);
    // The provider's default.
    expect(config['MaximumRetryAttempts']).toBe(2);
    expect(attributes.get('schedule_expression')).toBe(theOne('AWS::Events::Rule')['ScheduleExpression']);
  });

  it.runIf(spawnSync('terraform', ['version']).status === 0)('is formatted by terraform fmt', () => {
    const { status, stdout } = spawnSync('terraform', ['fmt', '-check', '-diff', '-'], {
      input: terraform,
      encoding: 'utf8',
    });
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  });
});

/** What kind of resource an ARN is of, in HCL or in a template. */
function kindOf(resource: string): string {
  const kinds = {
    secret: /secret/,
    log: /log/i,
    queue: /queue|Failures/,
    bus: /event[-_]bus/,
    all: /^"\*"$/,
  };
  return Object.entries(kinds).find(([, pattern]) => pattern.test(resource))?.[0] ?? resource;
}

import { App, Stack } from 'aws-cdk-lib';
import { Match } from 'aws-cdk-lib/assertions';
import { Schedule } from 'aws-cdk-lib/aws-events';
import { ManagedPolicy, PermissionsBoundary, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias, Key } from 'aws-cdk-lib/aws-kms';
import { type ISecret, Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { describe, expect, test } from 'vitest';
import type { SpotBlacklistProps } from '../../../infra/construct/props.ts';
import type { SpotBlacklist } from '../../../infra/construct/spot-blacklist.ts';
import type { SpotBlacklistSettings } from '../../../infra/construct/target-settings.ts';
import { METRICS } from '../../../lambda/report/metric-names.ts';
import { readSettings } from '../../../lambda/settings/settings.ts';
import { constructed, everyProp, HERE, SETTINGS } from '../../support/synthesized.ts';

const KEY_ARN = 'arn:aws:kms:us-east-1:999988887777:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const FOREIGN = 'arn:aws:secretsmanager:us-east-1:999988887777:secret:castai-AbCdEf';

/** The message with which one more target is refused. */
function refusalOf(more: Partial<SpotBlacklistProps>): string {
  using made = constructed();
  const settings = { ...SETTINGS, targetName: 'second' };
  try {
    made.add('Second', { settings, ...more });
  } catch (error) {
    expect(error).toMatchObject({ name: 'UnusablePropsError' });
    return String((error as Error).message);
  }
  throw new Error('The props were taken.');
}

/** What the function gets as its environment, if these are its settings. */
function environmentFor(
  settings: SpotBlacklistSettings,
  more: Partial<SpotBlacklistProps> = {},
): Record<string, string> {
  using made = constructed(() => ({ settings, ...more }));
  const [handler] = Object.values(made.template.findResources('AWS::Lambda::Function'));
  return handler?.['Properties'].Environment.Variables;
}

describe('the function’s environment', () => {
  test('holds the target’s settings, so that the function reads what the props say', () => {
    const settings = {
      ...SETTINGS,
      ...{ os: 'Windows', interruptionThreshold: 12.5, region: 'eu-west-1', targetName: 'team-a' },
      ...{ formerTargetName: 'team', neverBlacklist: ['m5.*', 'c7i*.large'], alwaysBlacklist: ['t3.*'] },
      ...{
        releaseCalm: true,
        dryRun: true,
        minTypesPerArchitecture: 0,
        minFamiliesPerArchitecture: 1,
        minTypesPerTemplate: 2,
      },
      ...{ maxBlacklistShare: 0.0000001, batchSize: 3, batchPause: 0.2 },
      ...{ castaiApiUrl: 'https://api.eu.cast.ai', spotAdvisorUrl: 'https://example.com/feed.json' },
    };
    const read = readSettings(environmentFor(settings), {});
    expect({ ...read, ...('policy' in read && read.policy) }).toMatchObject({
      ...settings,
      secretId: 'some/secret',
      scheduleGapMinutes: 60,
    });
  });

  test('has no variable for an omitted setting except the target’s name', () => {
    expect(environmentFor(SETTINGS)).toEqual({
      ...{ OS: 'Linux', INTERRUPTION_THRESHOLD: '20', BLACKLIST_HOURS: '12' },
      ...{
        TARGET_NAME: 'default',
        SECRET_ID: 'some/secret',
        SCHEDULE_GAP_MINUTES: '60',
        EVENT_BUS: 'default',
      },
    });
  });

  test('has the times of runs that are not evenly spaced', () => {
    const settings = { ...SETTINGS, blacklistHours: 168 };
    const variables = environmentFor(settings, {
      schedule: Schedule.cron({ minute: '0', hour: '8-10', weekDay: 'MON-FRI' }),
    });
    expect(variables).toMatchObject({ SCHEDULE_GAP_MINUTES: '4200', SCHEDULE_TIMES: '08:00,09:00,10:00' });
    expect(readSettings(variables, {}).scheduleTimes).toEqual(['08:00', '09:00', '10:00']);
    for (const even of ['cron(0 * * * ? *)', 'rate(2 hours)'])
      expect(environmentFor(settings, { schedule: Schedule.expression(even) })).not.toHaveProperty(
        'SCHEDULE_TIMES',
      );
  });

  test('may hold values that are unknown until deployment', () => {
    using made = constructed((stack) => ({ settings: { ...SETTINGS, region: stack.region } }), {});
    made.template.hasResourceProperties('AWS::Lambda::Function', {
      Environment: { Variables: Match.objectLike({ REGION: { Ref: 'AWS::Region' } }) },
    });
  });
});

describe('refused at synth, in sentences', () => {
  test('every problem at once, by its path', () => {
    const settings: object = { os: '', interruptionThreshold: 200, blacklistHours: 1, dryrun: true };
    expect(refusalOf({ settings: settings as SpotBlacklistSettings }).split('\n')).toEqual([
      'Theirs/Second cannot be used:',
      expect.stringMatching(/^ {2}- settings\.os must be an operating system/),
      expect.stringMatching(/^ {2}- settings\.interruptionThreshold must be a percentage/),
      expect.stringMatching(/^ {2}- settings\.dryrun is not a setting; did you mean dryRun\?/),
      expect.stringMatching(/^ {2}- settings\.blacklistHours must be at least 2 h, but is 1 h/),
      expect.stringMatching(/^ {2}- settings\.targetName must be unique in a stack, but Theirs\/First/),
    ]);
  });

  test.each<[string, Partial<SpotBlacklistProps>, RegExp]>([
    ['a duplicate name', { settings: SETTINGS }, /but Theirs\/First is also called "default"/],
    [
      'a share as the threshold',
      { settings: { ...SETTINGS, targetName: 'b', interruptionThreshold: 0.2 } },
      /mean 20\?/,
    ],
    ['a schedule that is too rare', { schedule: Schedule.expression('rate(12 hours)') }, /at least 24 h/],
    [
      'a schedule that no blacklist covers',
      { schedule: Schedule.expression('rate(7 days)') },
      /cannot cover/,
    ],
    ['no schedule', { schedule: Schedule.expression('hourly') }, /schedule must be rate/],
    [
      'lists that are too long',
      { settings: { ...SETTINGS, targetName: 'b', neverBlacklist: Array(400).fill('m5.2xlarge.x') } },
      /settings take 5\d{3} bytes of the function's environment, but Lambda allows 4096/,
    ],
    [
      'a missing setting',
      { settings: { targetName: 'b' } as unknown as SpotBlacklistSettings },
      /settings\.os is missing/,
    ],
    [
      'a text for the kill switch',
      { enabled: 'false' as unknown as boolean },
      /enabled must be true or false/,
    ],
    ['a text for fan-out', { fanOut: 'false' as unknown as boolean }, /fanOut must be true or false/],
    ['no concurrency', { reservedConcurrency: 0 }, /reservedConcurrency must be a whole number from 1/],
    ['a runbook with an anchor', { runbookUrl: 'https://a.example/b#c' }, /runbookUrl must be an https:/],
  ])('%s', (_, more, message) => {
    expect(refusalOf({ settings: { ...SETTINGS, targetName: 'b' }, ...more })).toMatch(message);
  });

  test('a secret of another account without its key, or of another region', () => {
    const secretAt = (arn: string) => Secret.fromSecretCompleteArn(new Stack(new App(), 'X'), 'S', arn);
    expect(refusalOf({ secret: secretAt(FOREIGN) })).toMatch(
      /belongs to the account 999988887777, .* no key/,
    );
    const abroad = FOREIGN.replace('us-east-1', 'eu-west-1').replace('999988887777', HERE.account);
    expect(refusalOf({ secret: secretAt(abroad) })).toMatch(/is in eu-west-1, not in us-east-1/);
  });

  const inStack = new Stack(new App(), 'X', { env: HERE });
  const arnOf = (name: string) => `arn:aws:secretsmanager:us-east-1:${HERE.account}:secret:${name}`;
  test.each([
    ['every secret', Secret.fromSecretNameV2(inStack, 'A', '*')],
    ['some secrets', Secret.fromSecretNameV2(inStack, 'B', 'teams/*')],
    ['an ARN as a name', Secret.fromSecretNameV2(inStack, 'C', arnOf('castai-AbCdEf'))],
    ['every secret, by its ARN', Secret.fromSecretPartialArn(inStack, 'D', arnOf('*'))],
    [
      'secrets of any region',
      Secret.fromSecretCompleteArn(inStack, 'E', arnOf('a-AbCdEf').replace('us-east-1', '*')),
    ],
    ['an API key', Secret.fromSecretNameV2(inStack, 'F', `castai_v1_${'a1'.repeat(32)}_b`)],
  ])('a secret that is %s', (_, secret) => {
    expect(refusalOf({ settings: { ...SETTINGS, targetName: 'b' }, secret })).toMatch(
      /secret must be one secret/,
    );
  });

  test.each([
    ['an alias', Alias.fromAliasName(inStack, 'G', 'alias/castai')],
    ['every key', Key.fromKeyArn(inStack, 'H', KEY_ARN.replace(/key.*/, 'key/*'))],
  ])('a key that is %s', (_, secretEncryptionKey) => {
    expect(refusalOf({ settings: { ...SETTINGS, targetName: 'b' }, secretEncryptionKey })).toMatch(
      /secretEncryptionKey must be one key/,
    );
  });

  test('an API key in the wrong place is not repeated', () => {
    const key = `castai_v1_${'a1'.repeat(32)}_b`;
    expect(refusalOf({ settings: { ...SETTINGS, [key]: 1, targetName: key } })).not.toContain(key);
  });
});

describe('the secret', () => {
  const roleOf = (propsIn: (stack: Stack) => Partial<SpotBlacklistProps>) => {
    using made = constructed(propsIn);
    const [policy] = Object.values(made.template.findResources('AWS::IAM::Policy'));
    const [handler] = Object.values(made.template.findResources('AWS::Lambda::Function'));
    return {
      statements: policy?.['Properties'].PolicyDocument.Statement,
      secretId: handler?.['Properties'].Environment.Variables.SECRET_ID,
    };
  };

  test('of another account is read by its ARN, and decrypted with its key', () => {
    const { statements, secretId } = roleOf((stack) => ({
      secret: Secret.fromSecretAttributes(stack, 'Foreign', {
        secretCompleteArn: FOREIGN,
        encryptionKey: Key.fromKeyArn(stack, 'ForeignKey', KEY_ARN),
      }),
    }));
    expect(secretId).toBe(FOREIGN);
    expect(statements).toContainEqual(expect.objectContaining({ Sid: 'ReadSecret', Resource: FOREIGN }));
    expect(statements).toContainEqual(
      expect.objectContaining({
        Sid: 'DecryptSecret',
        Resource: KEY_ARN,
        Condition: {
          StringEquals: { 'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com' },
          StringLike: { 'kms:EncryptionContext:SecretARN': FOREIGN },
        },
      }),
    );
  });

  test('of the same stack is read by its ARN', () => {
    const { statements, secretId } = roleOf((stack) => ({ secret: new Secret(stack, 'Own') as ISecret }));
    expect(secretId).toEqual({ Ref: expect.stringMatching(/^Own/) });
    expect(statements).toContainEqual(expect.objectContaining({ Sid: 'ReadSecret', Resource: secretId }));
  });

  test('of an account that may differ causes a warning', () => {
    using made = constructed((stack) => ({ secret: Secret.fromSecretCompleteArn(stack, 'S', FOREIGN) }), {});
    const warnings = made.stack.node.findAll().flatMap(({ node }) => node.metadata.map(({ data }) => data));
    expect(warnings).toContainEqual(expect.stringContaining('secret-account'));
  });
});

describe('the construct', () => {
  test('can be used twice in a stack', () => {
    using made = constructed();
    const second = made.add('Second', { settings: { ...SETTINGS, targetName: 'second' } });
    expect(second.targetName).toBe('second');
    made.template.resourceCountIs('AWS::Lambda::Function', 2);
    made.template.resourceCountIs('AWS::CloudWatch::Alarm', 12);
  });

  test('has a metric for everything that a run measures', () => {
    using made = constructed();
    const target: SpotBlacklist = made.add('T', { settings: { ...SETTINGS, targetName: 't' } });
    for (const { name } of Object.values(METRICS)) {
      const method: unknown = Reflect.get(target, `metric${name}`);
      if (typeof method !== 'function') throw new Error(`There is no metric${name}.`);
      expect(method.call(target, { statistic: 'Maximum' })).toMatchObject({
        metricName: name,
        dimensions: { target: 't' },
        statistic: 'Maximum',
      });
    }
  });

  test('lets a role invoke its function by grantInvoke', () => {
    using made = constructed();
    const role = new Role(made.stack, 'Operator', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') });
    made.add('T', { settings: { ...SETTINGS, targetName: 't' } }).grantInvoke(role);
    made.template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: [Match.objectLike({ Action: 'lambda:InvokeFunction' })] },
      Roles: [{ Ref: Match.stringLikeRegexp('^Operator') }],
    });
  });

  test('has its role limited by a permissions boundary', () => {
    using made = constructed();
    PermissionsBoundary.of(made.stack).apply(ManagedPolicy.fromAwsManagedPolicyName('PowerUserAccess'));
    made.template.allResourcesProperties('AWS::IAM::Role', { PermissionsBoundary: Match.anyValue() });
  });

  test('accepts a key for its logs, a VPC and existing topics', () => {
    using made = constructed(everyProp);
    made.template.hasResourceProperties('AWS::Logs::LogGroup', {
      KmsKeyId: { 'Fn::GetAtt': [Match.stringLikeRegexp('^TheirKey'), 'Arn'] },
    });
    made.template.hasResourceProperties('AWS::KMS::Key', {
      KeyPolicy: { Statement: Match.arrayWith([Match.objectLike({ Sid: 'EncryptLogs' })]) },
    });
    made.template.hasResourceProperties('AWS::Lambda::Function', {
      VpcConfig: { SubnetIds: ['subnet-12345678'] },
    });
    made.template.hasResourceProperties('AWS::IAM::Policy', {
      PolicyDocument: { Statement: Match.arrayWith([Match.objectLike({ Sid: 'JoinVpc' })]) },
    });
  });

  test('is disabled, or reserves no concurrency, if its props say so', () => {
    using made = constructed(() => ({ enabled: false, reservedConcurrency: null }));
    made.template.hasResourceProperties('AWS::Events::Rule', { State: 'DISABLED' });
    made.template.hasResourceProperties('AWS::Lambda::Function', {
      ReservedConcurrentExecutions: Match.absent(),
    });
  });
});

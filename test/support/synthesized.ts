import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Vpc } from 'aws-cdk-lib/aws-ec2';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import type { SpotBlacklistProps } from '../../infra/construct/props.ts';
import { SpotBlacklist } from '../../infra/construct/spot-blacklist.ts';
import { type Configuration, readConfiguration } from '../../infra/stack/configuration.ts';
import { SpotBlacklistStack } from '../../infra/stack/stack.ts';
import { MINIMAL, TARGET } from './configuration.ts';

export { TARGET };

/** A target's settings without its name, as the construct takes them. */
export const SETTINGS = { os: 'Linux', interruptionThreshold: 20, blacklistHours: 12 };

interface Made extends Disposable {
  readonly app: App;
  readonly template: Template;
}

export interface Synthesized extends Made {
  readonly stack: SpotBlacklistStack;
}

export interface Constructed extends Made {
  readonly stack: Stack;
  /** Makes a target in the stack. */
  add(id: string, more?: Partial<SpotBlacklistProps>): SpotBlacklist;
}

/** What is checked by rules of others: cdk-nag's, and cfn-lint's. */
export const CONFIGURATIONS = [
  ['what ships', {}],
  ['fan-out', { targets: [{ ...TARGET, fanOut: true }] }],
  [
    'every setting that adds a resource or a statement',
    {
      kmsKeyArn: 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
      alarmEmail: 'ops@example.com',
      chatTopic: true,
      targets: [
        TARGET,
        { ...TARGET, name: 'second', secretName: 'other', enabled: false, ownEvidence: 'report' },
      ],
    },
  ],
  ['no reservation', { reservedConcurrency: null }],
] as const;

/** A configuration: hourly, one target, and what `changes` says. */
export function configured(changes: Readonly<Record<string, unknown>> = {}): Configuration {
  return readConfiguration({
    'spot-blacklist': { ...MINIMAL, secretName: 'some/secret', ...changes },
  });
}

/**
 * Synthesizes the stack of a configuration, with a stand-in for the bundle.
 *
 * @param changes see {@link configured}
 */
export function synthesize(changes: Readonly<Record<string, unknown>> = {}): Synthesized {
  const { app, bundle, dispose } = emptyApp();
  const stack = new SpotBlacklistStack(app, 'SpotBlacklist', { configuration: configured(changes), bundle });
  return {
    app,
    stack,
    // Not before it is asked for: synthesizing prints the warnings.
    get template() {
      return Template.fromStack(stack);
    },
    [Symbol.dispose]: dispose,
  };
}

/** A user's own stack, in a known account. */
export const HERE = { account: '111122223333', region: 'us-east-1' };

/**
 * Makes a user's own stack with one target in it.
 *
 * @param propsIn what the target has besides its secret, settings and code
 */
export function constructed(
  propsIn: (stack: Stack) => Partial<SpotBlacklistProps> = () => ({}),
  { env }: { env?: typeof HERE } = { env: HERE },
): Constructed {
  const { app, bundle, dispose } = emptyApp();
  const stack = new Stack(app, 'Theirs', env === undefined ? {} : { env });
  const secret = Secret.fromSecretNameV2(stack, 'Secret', 'some/secret');
  const add = (id: string, more: Partial<SpotBlacklistProps> = {}) =>
    new SpotBlacklist(stack, id, { secret, settings: SETTINGS, code: bundle, ...more });
  add('First', propsIn(stack));
  return {
    app,
    stack,
    add,
    get template() {
      return Template.fromStack(stack);
    },
    [Symbol.dispose]: dispose,
  };
}

/** Props that take what a user has already. */
export function everyProp(stack: Stack): Partial<SpotBlacklistProps> {
  const key = new Key(stack, 'TheirKey');
  return {
    encryptionKey: key,
    secretEncryptionKey: key,
    vpc: Vpc.fromVpcAttributes(stack, 'TheirVpc', {
      vpcId: 'vpc-12345678',
      availabilityZones: ['us-east-1a'],
      privateSubnetIds: ['subnet-12345678'],
    }),
    alarmTopic: new Topic(stack, 'TheirTopic'),
    lowSeverityAlarmTopic: new Topic(stack, 'TheirOtherTopic'),
    chatTopic: new Topic(stack, 'TheirChat'),
    runbookUrl: 'https://wiki.example.com/spot',
    fanOut: true,
  };
}

/** An app and a stand-in for the bundle. */
function emptyApp() {
  const folder = mkdtempSync(join(tmpdir(), 'spot-blacklist-synth-'));
  const bundle = mkdtempSync(join(folder, 'bundle-'));
  writeFileSync(join(bundle, 'index.mjs'), 'export const handler = () => {};\n');
  const app = new App({
    autoSynth: false,
    // It takes most of a synth's time, and judges every synth that ships: the app's own, and a release's template.
    builtinCloudFormationValidation: false,
    context: CURRENTLY_RECOMMENDED_FLAGS,
    outdir: join(folder, 'out'),
  });
  return { app, bundle, dispose: () => rmSync(folder, { recursive: true, force: true }) };
}

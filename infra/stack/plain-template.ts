// `node infra/stack/plain-template.ts` writes a template for CloudFormation alone to stdout: one target that runs every hour, made
// from the construct. It needs no bootstrap: its parameters name the bucket and the key of `handler.zip`.
import { mkdtempDisposableSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  App,
  Aws,
  CfnCondition,
  CfnParameter,
  type CfnParameterProps,
  DefaultStackSynthesizer,
  Fn,
  type IStackSynthesizer,
  Stack,
  Token,
  Validations,
} from 'aws-cdk-lib';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { CfnFunction, Code } from 'aws-cdk-lib/aws-lambda';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { CURRENTLY_RECOMMENDED_FLAGS } from 'aws-cdk-lib/cx-api';
import { CASTAI_API_URLS, type word } from '../../lambda/settings/rules.ts';
import { LONGEST_BLACKLIST, SETTINGS } from '../../lambda/settings/table.ts';
import { RUNBOOK } from '../construct/props.ts';
import { SpotBlacklist } from '../construct/spot-blacklist.ts';
import { runbookUrl, secretName } from './configuration-schema.ts';
import { addOutputs } from './stack.ts';

/** In alarms' names, the placeholder for the stack's name, which is known only at deployment. */
const STACK = 'SpotBlacklist';

process.stdout.write(plainTemplate());

function plainTemplate(): string {
  using folder = mkdtempDisposableSync(join(tmpdir(), 'template-'));
  const app = new App({
    analyticsReporting: false,
    autoSynth: false,
    context: CURRENTLY_RECOMMENDED_FLAGS,
    outdir: folder.path,
  });
  const synthesizer = new DefaultStackSynthesizer({ generateBootstrapVersionRule: false });
  const stack = new Stack(app, STACK, {
    description: 'spot-blacklist: keeps a CAST AI blacklist in step with AWS Spot Advisor',
    // CDK's own types do not agree under exactOptionalPropertyTypes.
    synthesizer: synthesizer as IStackSynthesizer,
  });
  const { code, optional, ...props } = parameters(stack);
  const construct = new SpotBlacklist(stack, 'Default', { ...props, code });
  addOutputs(stack, { targets: [{ construct, isDry: false }] });
  override(construct, optional);
  Validations.of(stack).acknowledge({
    id: 'CloudFormation-Validate::W2509',
    reason: 'SecretName is the name of a secret, not a secret.',
  });
  return `${JSON.stringify(app.synth().getStackByName(STACK).template, null, 1)}\n`;
}

function parameters(stack: Stack) {
  const parameter = (name: string, props: CfnParameterProps) => new CfnParameter(stack, name, props);
  const text = (name: string, props: CfnParameterProps) => parameter(name, props).valueAsString;
  const number = (name: string, props: CfnParameterProps) =>
    parameter(name, { type: 'Number', ...props }).valueAsNumber;
  const code = Code.fromCfnParameters({
    bucketNameParam: parameter('CodeBucket', {
      description: 'The S3 bucket that holds handler.zip, in the region of the stack.',
      allowedPattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
      constraintDescription: 'must be the name of a bucket',
    }),
    objectKeyParam: parameter('CodeKey', {
      description:
        'The key of handler.zip. Use a new one for each version: CloudFormation does not notice a changed file.',
      allowedPattern: '^[^\\s:]{1,1024}$',
      constraintDescription: 'must be the key alone, such as spot-blacklist/0.1.0.zip',
    }),
  });
  return {
    code,
    secret: Secret.fromSecretNameV2(
      stack,
      'Secret',
      text('SecretName', {
        description: 'The secret with the CAST AI credentials.',
        default: 'spot-blacklist/castai',
        ...constraint(secretName),
      }),
    ),
    settings: {
      os: text('Os', {
        description: 'The operating system of the Spot machines.',
        default: 'Linux',
        allowedValues: ['Linux', 'Windows'],
      }),
      // A Number's limits are inclusive, and cannot exclude a share such as 0.2.
      interruptionThreshold: Token.asNumber(
        parameter('InterruptionThreshold', {
          description: 'The interruptions that you tolerate, in percent, as AWS publishes them.',
          default: '20',
          allowedPattern: '^(0|[1-9]\\d?(\\.\\d+)?)$',
          constraintDescription: 'must be a percentage: 0, or from 1 to below 100',
        }).value,
      ),
      blacklistHours: number('BlacklistHours', {
        description: 'How long an entry lasts, in hours. Runs are hourly.',
        default: 12,
        minValue: 2,
        maxValue: LONGEST_BLACKLIST,
      }),
      targetName: text('TargetName', {
        description: "Marks the target's entries, metrics and alarms.",
        default: SETTINGS.targetName.default,
        ...constraint(SETTINGS.targetName.rule),
      }),
      castaiApiUrl: text('CastaiApiUrl', {
        description: "CAST AI's API: the US, EU or Indian one.",
        default: SETTINGS.castaiApiUrl.default,
        allowedValues: CASTAI_API_URLS,
      }),
    },
    runbookUrl: text('RunbookUrl', {
      description: 'An address of the runbook that your team can open: the alarms link to it.',
      default: RUNBOOK,
      ...constraint(runbookUrl, RUNBOOK),
    }),
    optional: {
      ruleState: text('RuleState', {
        description: 'DISABLED: nothing runs on schedule.',
        default: 'ENABLED',
        allowedValues: ['ENABLED', 'DISABLED'],
      }),
      alarmTopicArn: text('AlarmTopicArn', {
        description: 'The SNS topic for alarms, or none.',
        default: 'none',
        allowedPattern: '^(none|arn:aws[a-z-]*:sns:[a-z0-9-]+:\\d{12}:[\\w-]{1,256})$',
        constraintDescription: 'must be none or the ARN of an SNS topic',
      }),
      reservedConcurrency: text('ReservedConcurrency', {
        description:
          'How many runs may be in progress at once. With none, no concurrency is reserved: for accounts with a limit of 10.',
        default: '1',
        allowedValues: ['1', 'none'],
      }),
    },
  };
}

/**
 * A rule of cdk.json as CloudFormation checks it.
 *
 * @param or one more value that is allowed
 */
function constraint({ pattern, message }: Pick<ReturnType<typeof word>, 'pattern' | 'message'>, or?: string) {
  const noKey = pattern.source.replace('^', '^(?!.*([Cc][Aa][Ss][Tt][Aa][Ii]_[Vv]\\d|[A-Za-z0-9]{40}))');
  return {
    allowedPattern: or === undefined ? noKey : `^${or.replaceAll('.', '\\.')}$|${noKey}`,
    constraintDescription: `${message}, not an API key`,
  };
}

/** Replaces values that the construct sets at synth with parameters, which are known at deployment. */
function override(
  construct: SpotBlacklist,
  { ruleState, alarmTopicArn, reservedConcurrency }: ReturnType<typeof parameters>['optional'],
): void {
  const stack = Stack.of(construct);
  const isNotified = new CfnCondition(stack, 'IsNotified', {
    expression: Fn.conditionNot(Fn.conditionEquals(alarmTopicArn, 'none')),
  });
  const reserves = new CfnCondition(stack, 'ReservesConcurrency', {
    expression: Fn.conditionNot(Fn.conditionEquals(reservedConcurrency, 'none')),
  });
  const orNothing = (condition: CfnCondition, value: unknown) =>
    Fn.conditionIf(condition.logicalId, value, Aws.NO_VALUE);
  for (const child of construct.node.findAll()) {
    if (child instanceof CfnRule) child.addPropertyOverride('State', ruleState);
    if (child instanceof CfnFunction)
      child.addPropertyOverride('ReservedConcurrentExecutions', orNothing(reserves, 1));
    if (!(child instanceof CfnAlarm)) continue;
    child.alarmName = child.alarmName?.replace(STACK, Aws.STACK_NAME);
    child.addPropertyOverride('AlarmActions', orNothing(isNotified, [alarmTopicArn]));
  }
}

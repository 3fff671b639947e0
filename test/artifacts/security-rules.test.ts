import { App, Stack } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import {
  AwsSolutionsChecks,
  HIPAASecurityChecks,
  NIST80053R5Checks,
  PCIDSS321Checks,
  ServerlessChecks,
} from 'cdk-nag';
import { describe, expect, test } from 'vitest';
import { CONFIGURATIONS, constructed, everyProp, synthesize } from '../support/synthesized.ts';

const PACKS = [
  ['AwsSolutions', AwsSolutionsChecks],
  ['Serverless', ServerlessChecks],
  ['NIST 800-53 R5', NIST80053R5Checks],
  ['PCI DSS', PCIDSS321Checks],
  ['HIPAA', HIPAASecurityChecks],
] as const;

describe.each(PACKS)('cdk-nag: %s', (_pack, Pack) => {
  const findingsIn = (app: App) =>
    new Pack(app).validateScope(app).violations.map(({ ruleName }) => ruleName);

  test.each(CONFIGURATIONS)('finds nothing in %s', (_, changes) => {
    using synthesized = synthesize(changes);
    expect(findingsIn(synthesized.app)).toEqual([]);
  });

  test('finds nothing in the construct alone, with and without its optional props', () => {
    using bare = constructed();
    expect(findingsIn(bare.app)).toEqual([]);
    using full = constructed(everyProp);
    // The VPC and the key are the user's, and are not judged here.
    expect(findingsIn(full.app).filter((rule) => /Lambda|LogGroup|IAM/.test(rule))).toEqual([]);
  });

  test('finds a violation', () => {
    const app = new App();
    const stack = new Stack(app, 'Careless');
    new Queue(stack, 'Queue');
    new LogGroup(stack, 'Log');
    expect(findingsIn(app)).not.toEqual([]);
  });
});

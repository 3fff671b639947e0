import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import { constructed, everyProp, synthesize, TARGET } from '../../support/synthesized.ts';

const PACKS = [
  ['AwsSolutions', AwsSolutionsChecks],
  ['Serverless', ServerlessChecks],
  ['NIST 800-53 R5', NIST80053R5Checks],
  ['PCI DSS', PCIDSS321Checks],
  ['HIPAA', HIPAASecurityChecks],
] as const;

/** Every setting that adds a resource or a statement. */
const ALL = {
  kmsKeyArn: 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
  alarmEmail: 'ops@example.com',
  chatTopic: true,
  targets: [TARGET, { ...TARGET, name: 'second', secretName: 'other', enabled: false }],
};

/** What is checked. */
const CONFIGURATIONS = [
  ['what ships', {}],
  ['every setting', ALL],
  ['no reservation', { reservedConcurrency: null }],
] as const;

describe.each(PACKS)('cdk-nag: %s', (_pack, Pack) => {
  const findingsIn = (app: App) =>
    new Pack(app).validateScope(app).violations.map(({ ruleName }) => ruleName);

  test.each(CONFIGURATIONS)('finds nothing in %s', (_, changes) => {
    using synthesized = synthesize(changes);
    expect(findingsIn(synthesized.app)).toEqual([]);
  });

  test('finds nothing in the construct alone, with and without what its props take', () => {
    using bare = constructed();
    expect(findingsIn(bare.app)).toEqual([]);
    using full = constructed(everyProp);
    // The VPC and the key are the user's, and are not judged here.
    expect(findingsIn(full.app).filter((rule) => /Lambda|LogGroup|IAM/.test(rule))).toEqual([]);
  });

  test('would find something', () => {
    const app = new App();
    const stack = new Stack(app, 'Careless');
    new Queue(stack, 'Queue');
    new LogGroup(stack, 'Log');
    expect(findingsIn(app)).not.toEqual([]);
  });
});

// npm run test:e2e fails where cfn-lint is missing; here it is not needed.
describe.runIf(spawnSync('cfn-lint', ['--version']).status === 0)('cfn-lint', () => {
  test.each(CONFIGURATIONS)('finds nothing in %s', (_, changes) => {
    using synthesized = synthesize(changes);
    const folder = mkdtempSync(join(tmpdir(), 'spot-blacklist-lint-'));
    try {
      const file = join(folder, 'template.json');
      writeFileSync(file, JSON.stringify(synthesized.template.toJSON()));
      const { stdout, status } = spawnSync('cfn-lint', [file], { encoding: 'utf8' });
      expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

// The apps that `cdk init app --language typescript` makes, with a stack of ours, as far as they differ from one another.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface InitialApp {
  readonly packages: Readonly<Record<string, string>>;
  /** Jest's configuration. */
  readonly jest: Readonly<Record<string, unknown>>;
  readonly compilerOptions: Readonly<Record<string, unknown>>;
  readonly synth: string;
}

const COMPILER_OPTIONS = {
  ...{ target: 'ES2022', module: 'NodeNext', moduleResolution: 'NodeNext', lib: ['es2022'] },
  ...{ strict: true, skipLibCheck: true, typeRoots: ['./node_modules/@types'] },
};

/** Each with the time when that was what one got. */
export const APPS: readonly (readonly [when: string, app: InitialApp])[] = [
  [
    'today',
    {
      packages: {
        ...{ jest: '30.5.2', '@types/jest': '30.0.0', '@types/node': '24.19.2', tsx: '4.23.15' },
        ...{ '@swc/core': '1.15.8', '@swc/jest': '0.2.39' },
      },
      jest: {
        transform: { '^.+\\.tsx?$': ['@swc/jest'] },
        setupFilesAfterEnv: ['aws-cdk-lib/testhelpers/jest-autoclean'],
      },
      compilerOptions: { ...COMPILER_OPTIONS, noEmit: true, isolatedModules: true, types: ['jest', 'node'] },
      synth: 'node_modules/.bin/tsx bin/app.ts',
    },
  ],
  [
    '2025',
    {
      packages: {
        ...{ jest: '29.7.0', '@types/jest': '29.5.14', '@types/node': '22.7.9', typescript: '5.6.3' },
        ...{ 'ts-jest': '29.4.15', 'ts-node': '10.9.2' },
      },
      jest: { transform: { '^.+\\.tsx?$': 'ts-jest' } },
      compilerOptions: COMPILER_OPTIONS,
      synth: 'node_modules/.bin/ts-node --prefer-ts-exts bin/app.ts',
    },
  ],
];

const STACK = `import * as cdk from 'aws-cdk-lib/core';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Construct } from 'constructs';
import { SpotBlacklist, type SpotBlacklistSettings } from 'spot-blacklist';

export class SpotStack extends cdk.Stack {
  constructor(scope: Construct, id: string, changes: Partial<SpotBlacklistSettings> = {}) {
    super(scope, id);
    const secret = Secret.fromSecretNameV2(this, 'Castai', 'spot-blacklist/castai');
    const settings = { os: 'Linux', interruptionThreshold: 20, blacklistHours: 12, ...changes };
    new SpotBlacklist(this, 'Target', { secret, settings });
  }
}
`;

const TEST = `import * as cdk from 'aws-cdk-lib/core';
import { Template } from 'aws-cdk-lib/assertions';
import { UnusablePropsError } from 'spot-blacklist';
import { SpotStack } from '../lib/spot-stack';

test('the stack has the function', () => {
  const template = Template.fromStack(new SpotStack(new cdk.App(), 'Spot'));
  template.hasResourceProperties('AWS::Lambda::Function', { Handler: 'index.handler' });
});

test('unusable props are refused', () => {
  expect(() => new SpotStack(new cdk.App(), 'Spot', { blacklistHours: 1 })).toThrow(UnusablePropsError);
});
`;

const BIN = `import * as cdk from 'aws-cdk-lib/core';
import { SpotStack } from '../lib/spot-stack';

const app = new cdk.App();
new SpotStack(app, 'Spot');
`;

/** Writes an app that looks for CDK and this package in the folders above. @returns `folder` */
export function writeApp(folder: string, { packages, jest, compilerOptions }: InitialApp): string {
  const files = {
    'bin/app.ts': BIN,
    'lib/spot-stack.ts': STACK,
    'test/spot.test.ts': TEST,
    'package.json': JSON.stringify({ private: true, devDependencies: packages }),
    'tsconfig.json': JSON.stringify({ compilerOptions }),
    'jest.config.js': `module.exports = ${JSON.stringify({ testEnvironment: 'node', roots: ['<rootDir>/test'], ...jest })};`,
  };
  for (const subfolder of ['bin', 'lib', 'test']) mkdirSync(join(folder, subfolder), { recursive: true });
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
  return folder;
}

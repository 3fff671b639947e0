import { CfnOutput, CfnResource, type Stack, Token } from 'aws-cdk-lib';
import { UnusablePropsError } from './props.ts';

/** The length assumed for a value that CDK does not know yet, in bytes: longer than most secrets' ARNs. */
const UNKNOWN = 200;

/** @returns a function's environment, with a stand-in for each value that CDK does not know yet */
export function estimated(environment: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).map(([name, text]) => [
      name,
      Token.isUnresolved(text) ? 'x'.repeat(UNKNOWN) : text,
    ]),
  );
}

/**
 * CloudFormation's. No other quota is reached before these, as the tests show: with as many targets as 500 resources allow,
 * a dashboard has less than half of its 500 widgets, and the alarms are far below 5,000.
 */
const MOST = { resources: 500, outputs: 200 };

/** @throws {UnusablePropsError} if CloudFormation would reject the stack because of its size */
export function checkQuotas(stack: Stack): void {
  const all = stack.node.findAll();
  const count = {
    resources: all.filter((one) => CfnResource.isCfnResource(one)).length,
    outputs: all.filter((one) => one instanceof CfnOutput).length,
  };
  const problems = (['resources', 'outputs'] as const)
    .filter((what) => count[what] > MOST[what])
    .map(
      (what) =>
        `it has ${count[what]} ${what}, but CloudFormation allows ${MOST[what]}: split the targets into more stacks`,
    );
  if (problems.length > 0) throw new UnusablePropsError(stack.node.path, problems);
}

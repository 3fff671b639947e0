import { CfnOutput, type Stack } from 'aws-cdk-lib';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { payloadOf, type Target } from './configuration.ts';

export interface OutputProps {
  readonly handler: IFunction;
  readonly alarmTopic: ITopic;
  readonly failureQueue: IQueue;
  readonly logGroup: ILogGroup;
  readonly targets: readonly Target[];
}

/** What `cdk deploy` prints at its end: names, and for each target commands that are ready to paste. */
export function addOutputs(stack: Stack, props: OutputProps): void {
  const { handler, alarmTopic, failureQueue, logGroup, targets } = props;
  for (const [id, value, description] of [
    ['FunctionName', handler.functionName, 'The function'],
    ['LogGroupName', logGroup.logGroupName, 'Where its runs are logged'],
    ['FailureQueueUrl', failureQueue.queueUrl, 'Where runs that failed for good wait to be looked at'],
    ['AlarmTopicArn', alarmTopic.topicArn, 'Where alarms are told: subscribe what should hear of them'],
  ] as const) {
    new CfnOutput(stack, id, { value, description });
  }
  for (const [index, target] of targets.entries()) {
    const { targetName, secretId, region, batchSize, batchPause, ...policy } = payloadOf(target);
    // What says where to work and how fast; `clear` needs no policy, and must not be dry where the target is.
    const common = { targetName, secretId, region, batchSize, batchPause };
    const suffix = targets.length === 1 ? '' : `${index + 1}`;
    new CfnOutput(stack, `DryRunCommand${suffix}`, {
      value: command(handler, { ...common, ...policy, dryRun: true }, 'dry-run.json'),
      description: `Shows what ${target.name} would do, and changes nothing`,
    });
    new CfnOutput(stack, `ClearCommand${suffix}`, {
      value: command(handler, { operation: 'clear', ...common }, 'clear.json'),
      description: `Removes every entry that ${target.name} wrote`,
    });
  }
}

/**
 * The AWS CLI waits for a minute by default and then invokes again; a run may take 15 minutes, so it waits for 16. No setting can hold a quote,
 * so the payload needs no escaping.
 */
function command(handler: IFunction, payload: object, file: string): string {
  return [
    `aws lambda invoke --function-name ${handler.functionName}`,
    '--cli-binary-format raw-in-base64-out --cli-read-timeout 960',
    `--payload '${JSON.stringify(payload)}' ${file}`,
  ].join(' ');
}

import { CfnOutput, type Stack, Token } from 'aws-cdk-lib';
import type { ITopic } from 'aws-cdk-lib/aws-sns';
import type { SpotBlacklist } from './spot-blacklist.ts';

export interface OutputProps {
  readonly targets: readonly {
    readonly construct: SpotBlacklist;
    /** Whether it is deployed as a dry run. */
    readonly isDry: boolean;
  }[];
  /** Undefined if the stack does not create one. */
  readonly alarmTopic?: ITopic;
  /** Undefined if the stack does not create one. */
  readonly chatTopic?: ITopic;
}

/** What `cdk deploy` prints in the end: names, and for each target commands that are ready to paste. */
export function addOutputs(stack: Stack, { targets, alarmTopic, chatTopic }: OutputProps): void {
  const add = (id: string, value: string, description: string) =>
    new CfnOutput(stack, id, { value, description });
  if (alarmTopic !== undefined)
    add(
      'AlarmTopicArn',
      alarmTopic.topicArn,
      'The SNS topic for alarms: subscribe whoever is to be notified',
    );
  if (chatTopic !== undefined)
    add(
      'ChatTopicArn',
      chatTopic.topicArn,
      'The SNS topic for changes and failures: choose it for a channel in Amazon Q Developer',
    );
  for (const [index, { construct, isDry }] of targets.entries()) {
    const { handler, rule, logGroup, failureQueue, jobs } = construct;
    // CloudFormation takes no parameter in a description.
    const targetName = Token.isUnresolved(construct.targetName) ? 'the target' : construct.targetName;
    const suffix = targets.length === 1 ? '' : `${index + 1}`;
    add(`FunctionName${suffix}`, handler.functionName, `The function of ${targetName}`);
    add(`LogGroupName${suffix}`, logGroup.logGroupName, `The log group of ${targetName}`);
    add(`FailureQueueUrl${suffix}`, failureQueue.queueUrl, `The queue of its runs that failed for good`);
    if (jobs !== undefined) {
      add(`JobFunctionName${suffix}`, jobs.handler.functionName, `The function of its jobs`);
      add(
        `DeadJobQueueUrl${suffix}`,
        jobs.deadQueue.queueUrl,
        'The queue of its jobs that crashed or timed out twice',
      );
      add(
        `StopCommand${suffix}`,
        `aws events disable-rule --name ${rule.ruleName} && aws lambda update-event-source-mapping --uuid ${jobs.mapping.eventSourceMappingId} --no-enabled`,
        `Stops the rounds of ${targetName}, and the jobs that wait`,
      );
    }
    add(
      `DryRunCommand${suffix}`,
      command(handler.functionName, { dryRun: true }, 'dry-run.json'),
      `Shows what ${targetName} would do, and changes nothing`,
    );
    add(
      `ClearCommand${suffix}`,
      // Clearing must not be a dry run even if the target is deployed as one.
      command(handler.functionName, { operation: 'clear', ...(isDry && { dryRun: false }) }, 'clear.json'),
      `Removes every entry that ${targetName} wrote`,
    );
  }
}

/**
 * For versions 1 and 2 of the AWS CLI: a payload on the command line is base64 for version 2 only, and the option that
 * changes that is unknown to version 1; both read a binary file unchanged.
 * The CLI waits for a minute by default and then invokes again; a run may take 15, so it waits for 16.
 */
function command(functionName: string, payload: object, file: string): string {
  return [
    `echo '${JSON.stringify(payload)}' |`,
    `aws lambda invoke --function-name ${functionName}`,
    `--cli-read-timeout 960 --payload fileb:///dev/stdin ${file}`,
  ].join(' ');
}

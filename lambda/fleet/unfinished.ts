import { QueueError } from './errors.ts';
import { countJobs, type JobCounts } from './queue.ts';

/**
 * Refuses to clear while jobs would add removed entries again.
 *
 * @param url of the fan-out queue
 * @throws {QueueError} if jobs wait or run, with the commands that stop them; or if SQS does not say
 */
export async function refuseUnfinishedJobs(url: string, signal: AbortSignal): Promise<void> {
  const counts = await countJobs(url, signal);
  if (counts.waiting + counts.running === 0) return;
  throw new QueueError(
    'JOBS_UNFINISHED',
    `In the fan-out queue, ${counts.waiting} jobs wait and ${counts.running} run, which would add again what is removed, so nothing was done. Stop the rounds and the jobs:\n${stopCommands(counts).join('\n')}\nOnce no job runs, after 15 minutes at most, empty the queue, and clear again:\n  aws sqs purge-queue --queue-url ${url}`,
  );
}

/** The commands look up the names of the rule and the mapping, which the function does not know. */
function stopCommands({ queueArn }: JobCounts): string[] {
  const mapping = lookUp(
    `lambda list-event-source-mappings --event-source-arn ${queueArn}`,
    'EventSourceMappings[0].UUID',
  );
  return [
    `  aws events disable-rule --name ${ruleName(queueArn)}`,
    `  aws lambda update-event-source-mapping --no-enabled --uuid ${mapping}`,
  ];
}

/** At a terminal, the function that the rule invokes is unknown. */
function ruleName(queueArn: string): string {
  const { AWS_LAMBDA_FUNCTION_NAME: functionName } = process.env;
  if (functionName === undefined) return '<rule>   (aws events list-rules names it)';
  const [, partition, , region, account] = queueArn.split(':');
  return lookUp(
    `events list-rule-names-by-target --target-arn arn:${partition}:lambda:${region}:${account}:function:${functionName}`,
    'RuleNames[0]',
  );
}

function lookUp(command: string, query: string): string {
  return `"$(aws ${command} --query '${query}' --output text)"`;
}

import { CfnResource, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { SpotBlacklistProps } from './props.ts';

export interface Acknowledged {
  readonly roles: readonly IConstruct[];
  readonly handler: IConstruct;
  /** The function of a fleet's jobs; undefined without fan-out. */
  readonly jobHandler: IConstruct | undefined;
  readonly failureQueue: IConstruct;
  readonly logGroup: IConstruct;
  readonly alarms: readonly IConstruct[];
  readonly chatRule: IConstruct | undefined;
}

/** cdk-nag's packs of standards, which have most rules in common. */
const STANDARDS = ['NIST.800.53.R5', 'PCI.DSS.321', 'HIPAA.Security'];

/**
 * Acknowledges the accepted findings of cdk-nag and cfn-lint about a target, each with its reason. No finding is
 * acknowledged elsewhere; the tests assert that there are no others. A finding that a prop resolves is acknowledged only
 * without that prop.
 */
export function acknowledgeFindings(
  { roles, handler, jobHandler, failureQueue, logGroup, alarms, chatRule }: Acknowledged,
  { encryptionKey, vpc, reservedConcurrency, alarmTopic }: SpotBlacklistProps,
): void {
  const handlers = jobHandler === undefined ? [handler] : [handler, jobHandler];
  acknowledge(
    roles,
    ['AwsSolutions-IAM5[Resource::*]'],
    'X-Ray and EC2 Capacity Manager have no resources, and the network interfaces of a VPC cannot be named in advance, so their actions need *. No other statement uses it.',
  );
  acknowledge(
    roles,
    ofStandards('IAMNoInlinePolicy'),
    'The policy names the one secret and log group, and the queues, of this function: no other role could use it, and it is deleted with this one.',
  );
  const deadLetterQueue = ['Serverless-LambdaDLQ', ...ofStandards('LambdaDLQ')];
  acknowledge(
    [handler],
    deadLetterQueue,
    'It has an on-failure destination instead, which also records the error. AWS recommends it over a DLQ.',
  );
  if (jobHandler !== undefined)
    acknowledge(
      [jobHandler],
      deadLetterQueue,
      'A queue invokes it, and has the DLQ: one of the function is for asynchronous invocations.',
    );
  acknowledge(
    [failureQueue],
    ['AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy'],
    'It is itself the dead-letter queue of the rule and the function; people read it, not a consumer.',
  );
  if (encryptionKey === undefined)
    acknowledge(
      [logGroup],
      ofStandards('CloudWatchLogGroupEncrypted'),
      'CloudWatch’s own key encrypts it, and no secret is logged. To use a key of your own, set the prop encryptionKey.',
    );
  if (vpc === undefined)
    acknowledge(
      handlers,
      ofStandards('LambdaInsideVPC'),
      'It accepts no connections, and everything that it calls is on the internet, over HTTPS. To run it in a VPC, set the prop vpc.',
    );
  if (reservedConcurrency === null)
    acknowledge(
      handlers,
      ofStandards('LambdaConcurrency'),
      'The account has too little concurrency to reserve any. One rule or queue invokes it, and runs are idempotent.',
    );
  if (alarmTopic === undefined)
    acknowledge(
      alarms,
      ofStandards('CloudWatchAlarmAction'),
      'Without a topic, the alarms only change state. To be notified, set the prop alarmTopic.',
    );
  if (chatRule !== undefined)
    acknowledge(
      [chatRule],
      ['Serverless-EventBusDLQ'],
      'The log has the content of a lost chat message, and the loss must not page anyone as a failed run does.',
    );
  // CDK makes every function depend on its role explicitly, although its properties imply that.
  for (const { node } of handlers)
    if (CfnResource.isCfnResource(node.defaultChild))
      node.defaultChild.addMetadata('cfn-lint', { config: { ignore_checks: ['W3005'] } });
}

/** Acknowledges the accepted findings about the queues of fan-out. */
export function acknowledgeJobs(deadJobs: IConstruct, mapping: IConstruct): void {
  acknowledge(
    [deadJobs],
    ['Serverless-SQSRedrivePolicy'],
    'It is itself a dead-letter queue; people read it, not a consumer.',
  );
  acknowledge(
    [mapping],
    ['Serverless-LambdaEventSourceMappingDestination'],
    'Lambda supports a destination for streams only. The queue has a dead-letter queue with an alarm.',
  );
}

/** Acknowledges the one accepted finding about topics. */
export function acknowledgeTopic(topic: IConstruct): void {
  acknowledge(
    [topic],
    ['Serverless-SNSRedrivePolicy'],
    'Undelivered messages are still visible in the alarms and the log; no one would read a queue of them.',
  );
}

function ofStandards(rule: string): string[] {
  return STANDARDS.map((standard) => `${standard}-${rule}`);
}

function acknowledge(all: readonly IConstruct[], ids: readonly string[], reason: string): void {
  for (const one of all) Validations.of(one).acknowledge(...ids.map((id) => ({ id, reason })));
}

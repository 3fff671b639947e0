import { CfnResource, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import type { SpotBlacklistProps } from './spot-blacklist-props.ts';

export interface Acknowledged {
  readonly role: IConstruct;
  readonly handler: IConstruct;
  readonly failureQueue: IConstruct;
  readonly logGroup: IConstruct;
  readonly alarms: readonly IConstruct[];
  readonly chatRule: IConstruct | undefined;
}

/** cdk-nag's packs of standards, which have most rules in common. */
const STANDARDS = ['NIST.800.53.R5', 'PCI.DSS.321', 'HIPAA.Security'];

/**
 * The findings of cdk-nag and cfn-lint about a target that stay, each with its reason. Here and nowhere else; the tests
 * assert that there are no others. What a prop closes is acknowledged only without it.
 */
export function acknowledgeFindings(
  { role, handler, failureQueue, logGroup, alarms, chatRule }: Acknowledged,
  { encryptionKey, vpc, reservedConcurrency, alarmTopic }: SpotBlacklistProps,
): void {
  acknowledge(
    role,
    ['AwsSolutions-IAM5[Resource::*]'],
    'X-Ray, EC2 Capacity Manager and the network interfaces of a VPC have no resources: their actions can only be allowed on *. No other statement has a *.',
  );
  acknowledge(
    role,
    ofStandards('IAMNoInlinePolicy'),
    'The policy names the one secret, queue and log group of this function: nobody else could use it, and it goes with the role.',
  );
  acknowledge(
    handler,
    ['Serverless-LambdaDLQ', ...ofStandards('LambdaDLQ')],
    'It has an on-failure destination instead, which also tells the error, and is AWS’s advice over a DLQ.',
  );
  acknowledge(
    failureQueue,
    ['AwsSolutions-SQS3', 'Serverless-SQSRedrivePolicy'],
    'It is itself the dead-letter queue, of the rule and of the function; people read it, no consumer.',
  );
  if (encryptionKey === undefined)
    acknowledge(
      logGroup,
      ofStandards('CloudWatchLogGroupEncrypted'),
      'CloudWatch’s own key encrypts it, and no secret is logged. The prop encryptionKey takes a key of yours.',
    );
  if (vpc === undefined)
    acknowledge(
      handler,
      ofStandards('LambdaInsideVPC'),
      'It listens to nothing, and all that it calls is on the internet, by HTTPS. The prop vpc puts it into yours.',
    );
  if (reservedConcurrency === null)
    acknowledge(
      handler,
      ofStandards('LambdaConcurrency'),
      'The account has too little concurrency to reserve any. One rule invokes it, and runs are idempotent.',
    );
  if (alarmTopic === undefined)
    for (const alarm of alarms)
      acknowledge(
        alarm,
        ofStandards('CloudWatchAlarmAction'),
        'Whoever gives no topic looks at the alarms’ states. The prop alarmTopic takes one.',
      );
  if (chatRule !== undefined)
    acknowledge(
      chatRule,
      ['Serverless-EventBusDLQ'],
      'A chat message that is lost is in the log, too, and must not page anyone as a failed run does.',
    );
  // CDK makes every function depend on its role, which the function's properties say already.
  const { defaultChild } = handler.node;
  if (CfnResource.isCfnResource(defaultChild))
    defaultChild.addMetadata('cfn-lint', { config: { ignore_checks: ['W3005'] } });
}

/** The findings about the queues of fan-out that stay. */
export function acknowledgeJobs(deadJobs: IConstruct, mapping: IConstruct): void {
  acknowledge(
    deadJobs,
    ['Serverless-SQSRedrivePolicy'],
    'It is itself a dead-letter queue; people read it, no consumer.',
  );
  acknowledge(
    mapping,
    ['Serverless-LambdaEventSourceMappingDestination'],
    'Lambda takes a destination for streams only. The queue has a dead-letter queue, and an alarm on that.',
  );
}

/** The one finding about topics that stays. */
export function acknowledgeTopic(topic: IConstruct): void {
  acknowledge(
    topic,
    ['Serverless-SNSRedrivePolicy'],
    'What cannot be delivered still shows in CloudWatch, alarms and log; nobody would read a queue of it.',
  );
}

function ofStandards(rule: string): string[] {
  return STANDARDS.map((standard) => `${standard}-${rule}`);
}

function acknowledge(what: IConstruct, ids: readonly string[], reason: string): void {
  Validations.of(what).acknowledge(...ids.map((id) => ({ id, reason })));
}

import { Stack, Validations } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

export interface Acknowledged {
  readonly role: IConstruct;
  readonly handler: IConstruct;
  readonly failureQueue: IConstruct;
  readonly alarmTopic: IConstruct;
}

/**
 * The findings of cdk-nag and cfn-lint that stay, each with its reason. Here and nowhere else; the tests assert that
 * there are no others.
 */
export function acknowledgeFindings({ role, handler, failureQueue, alarmTopic }: Acknowledged): void {
  Validations.of(role).acknowledge({
    id: 'AwsSolutions-IAM5[Resource::*]',
    reason:
      'X-Ray has no resources: its two write actions can only be allowed on *. No other statement has a *.',
  });
  Validations.of(handler).acknowledge({
    id: 'Serverless-LambdaDLQ',
    reason:
      'It has an on-failure destination instead, which also tells the error, and is AWS’s advice over a DLQ.',
  });
  Validations.of(failureQueue).acknowledge(
    {
      id: 'AwsSolutions-SQS3',
      reason:
        'It is itself the dead-letter queue, of the rules and of the function; people read it, no consumer.',
    },
    {
      id: 'Serverless-SQSRedrivePolicy',
      reason:
        'It is itself the dead-letter queue, of the rules and of the function; people read it, no consumer.',
    },
  );
  Validations.of(alarmTopic).acknowledge({
    id: 'Serverless-SNSRedrivePolicy',
    reason:
      'An alarm whose e-mail cannot be delivered still shows in CloudWatch; nobody would read a queue of them.',
  });
  // CDK makes every function depend on its role, which the function's properties say already.
  Stack.of(handler).templateOptions.metadata = { 'cfn-lint': { config: { ignore_checks: ['W3005'] } } };
}

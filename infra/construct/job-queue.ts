import { Duration, Names, RemovalPolicy } from 'aws-cdk-lib';
import { EventSourceMapping, type IEventSourceMapping, type IFunction } from 'aws-cdk-lib/aws-lambda';
import { type IQueue, Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { acknowledgeJobs } from './acknowledgements.ts';
import { RUN_TIMEOUT, type Schedule } from './schedule.ts';

/**
 * How often a job that crashes or times out is delivered: each delivery holds up all others, and the next round is its
 * retry. More than once, because a delivery that Lambda throttles counts too.
 */
const ATTEMPTS = 2;

/**
 * How many jobs may run at once: the minimum for SQS's pollers. Usually one runs, because all jobs of a queue have one
 * message group; two while jobs of a secret's former name are left.
 */
export const CONCURRENT_JOBS = 2;

/** The shortest and the longest time that a job is kept, in minutes: a day, and SQS's maximum. */
const RETENTION = { shortest: 24 * 60, longest: 14 * 24 * 60 };

/** The queues' common properties. */
const COMMON = {
  fifo: true,
  // SQS's own key: a job is a cluster's id and a time.
  encryption: QueueEncryption.SQS_MANAGED,
  enforceSSL: true,
  // The next round repeats everything that they hold.
  removalPolicy: RemovalPolicy.DESTROY,
} as const;

/** Holds the jobs of a fleet's rounds, and delivers them to their function one at a time. */
export class JobQueue extends Construct {
  readonly queue: IQueue;
  /** Jobs that crashed or timed out twice, until they are examined. */
  readonly deadQueue: IQueue;

  constructor(scope: Construct, id: string, { longestGap }: Schedule) {
    super(scope, id);
    // Not left to CloudFormation: a FIFO queue's name must end in .fifo.
    const name = (what: string) =>
      `${Names.uniqueResourceName(this, { maxLength: 64, separator: '-' })}-${what}.fifo`;
    this.deadQueue = new Queue(this, 'DeadJobs', {
      ...COMMON,
      queueName: name('dead'),
      retentionPeriod: Duration.minutes(RETENTION.longest),
    });
    this.queue = new Queue(this, 'Jobs', {
      ...COMMON,
      queueName: name('jobs'),
      // A crashed job holds up all others until it is visible again. AWS's advice of six times the function's timeout is for
      // batches and throttled invocations: here a batch is one job, whose function has its own reserved concurrency.
      visibilityTimeout: Duration.minutes(RUN_TIMEOUT + 1),
      retentionPeriod: Duration.minutes(
        Math.min(RETENTION.longest, Math.max(RETENTION.shortest, 2 * longestGap)),
      ),
      deadLetterQueue: { queue: this.deadQueue, maxReceiveCount: ATTEMPTS },
    });
  }

  /**
   * @param isEnabled whether jobs are delivered; waiting ones are kept either way
   * @returns the mapping that delivers them
   */
  handTo(handler: IFunction, isEnabled: boolean): IEventSourceMapping {
    const mapping = new EventSourceMapping(this, 'Mapping', {
      target: handler,
      eventSourceArn: this.queue.queueArn,
      // A job is retried alone, and has the function's whole timeout.
      batchSize: 1,
      maxConcurrency: CONCURRENT_JOBS,
      enabled: isEnabled,
    });
    acknowledgeJobs(this.deadQueue, mapping);
    return mapping;
  }
}

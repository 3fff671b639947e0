import { expect, it } from 'vitest';
import { sqsEvent } from '../../sandbox/aws/sqs.ts';
import { answering, type Deployment } from '../../support/deployment.ts';
import { message } from '../../support/fleet.ts';
import { deployWithKey, KEY, leaksIn } from './canary.ts';

const echo = JSON.stringify({
  __type: KEY,
  message: KEY,
  Successful: [{ Id: KEY, MessageId: KEY }],
  Failed: [{ Id: '0', Code: KEY, Message: KEY, SenderFault: true }],
});

const queueFault = (fault: ReturnType<typeof answering>) => (deployment: Deployment) =>
  deployment.sandbox.faults.push({ when: { route: 'queue' }, fault });

/** Delivers messages that quote the key wherever a message can. */
const hostile: readonly unknown[] = [
  KEY,
  { [KEY]: KEY },
  message({ target: KEY }),
  message({ kind: KEY }),
  message({ version: KEY }),
  message({ round: KEY }),
  message({ kind: 'cluster', cluster: KEY }),
  message({ [KEY]: 1 }),
];

it.concurrent.for<[string, (deployment: Deployment) => unknown, readonly object[]]>([
  ['a round that is planned and done', () => {}, [{}]],
  ['a queue that echoes it in a refusal', queueFault(answering(400, { body: echo })), [{}]],
  ['a queue that echoes it in an outage', queueFault(answering(500, { body: echo })), [{}]],
  ['a queue that echoes it in an answer', queueFault({ kind: 'body', body: echo }), [{}]],
  [
    'messages that hold it',
    () => {},
    hostile.map((body) => sqsEvent({ body: typeof body === 'string' ? body : JSON.stringify(body) })),
  ],
  [
    'jobs whose requests are refused with an echo',
    ({ sandbox }) => {
      sandbox.castai.switches.keyMayWrite = false;
    },
    [{}],
  ],
])(
  'no response, message, log or event has a piece of the API key after %s',
  async ([, arrange, payloads], { expect }) => {
    await using deployment = await deployWithKey({ fanOut: true });
    const { sandbox } = deployment;
    sandbox.putSecret({ 'cluster-id': '*' });
    arrange(deployment);
    const shown: unknown[] = [];
    for (const payload of payloads)
      shown.push(await ('Records' in payload ? deployment.invokeJob(payload) : deployment.invoke(payload)));
    shown.push(sandbox.sqs.messages.slice());
    for (let job = sandbox.sqs.deliver(); job !== undefined; job = sandbox.sqs.deliver())
      shown.push(await deployment.invokeJob(job));
    expect(leaksIn(JSON.stringify([shown, sandbox.eventBridge.events]))).toEqual([]);
    expect(sandbox.requests.filter(({ route, text }) => route === 'queue' && text.includes(KEY))).toEqual([]);
  },
);

it('the check detects a leak', () => {
  expect(leaksIn(JSON.stringify(hostile))).not.toEqual([]);
});

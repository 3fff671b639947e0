import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { Readable, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { makeCluster } from '../../../cli/demo/sandbox/castai/castai.ts';
import { Interrupt } from '../../../cli/run/interrupt.ts';
import { operate } from '../../../cli/run/operate.ts';
import { printable } from '../../../cli/terminal/host.ts';
import { timeLeft, WriteProgress } from '../../../cli/terminal/progress.ts';
import { openTerminal, type Stoppable, type Terminal } from '../../../cli/terminal/terminal.ts';
import { readCredentials } from '../../../lambda/aws/secret.ts';
import { deadlineIn } from '../../../lambda/run/deadline.ts';
import { readSettings } from '../../../lambda/settings/settings.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { startSmall, writesOf } from '../../support/cli.ts';
import { answering, eightRiskyFeed } from '../../support/deployment.ts';

/** A terminal whose user answers the prompts in turn. */
function user(...answers: ((interrupt: Stoppable) => boolean)[]) {
  const said: string[] = [];
  const questions: string[] = [];
  const terminal: Terminal = {
    canAsk: true,
    width: Number.POSITIVE_INFINITY,
    listedTypes: 0,
    say: (text) => void said.push(text),
    warn: (text) => void said.push(text),
    style: (_, text) => text,
    progress: () => ({ advance: () => {}, stop: () => {} }),
    async ask(question, interrupt) {
      questions.push(question);
      return answers.shift()?.(interrupt) ?? false;
    },
  };
  return { terminal, said, questions };
}

const hostWith = (stdin: Readable, stdout: Writable, env = {}) => ({ stdin, stdout, stderr: stdout, env });

function operateOn(
  sandbox: Sandbox,
  terminal: Terminal,
  changes: Record<string, unknown> = {},
  { batchPause = 0, never = '', autoApprove = false } = {},
) {
  const { apiKey, organizationId, clusters } = sandbox.castai;
  const keys = { 'api-key': apiKey, 'org-id': organizationId, 'cluster-id': clusters[0]?.id, ...changes };
  const deployed = {
    ...{ OS: 'Linux', INTERRUPTION_THRESHOLD: '20', NEVER_BLACKLIST: never },
    BATCH_PAUSE: String(batchPause),
  };
  const settings = readSettings({ ...sandbox.environment, ...deployed }, {});
  const credentials = async () => readCredentials(JSON.stringify(keys), 'given');
  return operate({
    settings,
    credentials,
    autoApprove,
    terminal,
    interrupt: new Interrupt(new EventEmitter(), terminal.say),
  });
}

test('a live run shows the plan and asks before it writes', async () => {
  await using sandbox = await startSmall();
  const { terminal, said, questions } = user(() => {
    expect(writesOf(sandbox)).toEqual([]);
    return true;
  });
  const { error } = await operateOn(sandbox, terminal);
  expect(error).toBeNull();
  expect(said.join('\n')).toContain('decided: add 8');
  expect(questions).toEqual([
    "Write these 8 changes to CAST AI's blacklist in sandbox-us-east-1? It takes about 5 s.",
  ]);
  expect(sandbox.castai.entries).toHaveLength(8);
});

test('approving a plan without node templates does not approve the additions that it withheld', async () => {
  await using sandbox = await startSmall();
  sandbox.faults.push({ when: { route: 'templates' }, times: 1, fault: answering(400) });
  const { terminal, said, questions } = user(() => false);
  const { isDeclined } = await operateOn(sandbox, terminal);
  expect(said.join('\n')).toContain('so nothing new is added');
  // At first there was nothing to approve.
  expect(questions).toEqual([expect.stringContaining('Write these 8 changes')]);
  expect(isDeclined).toBe(true);
  expect(writesOf(sandbox)).toEqual([]);
});

test('before the prompt, the plan of a fleet ends with the sum of its clusters and the time that writing takes', async () => {
  await using sandbox = await startSandbox();
  const { organizationId } = sandbox.castai;
  sandbox.castai.clusters.push(makeCluster('eu-west-1', { organizationId, name: 'dublin' }));
  const { terminal, said, questions } = user(() => false);
  await operateOn(sandbox, terminal, { 'cluster-id': '*' }, { batchPause: 5 });
  const plan = said.join('\n');
  expect(plan).toMatch(/dublin \(eu-west-1\)\n {2}decided: add 167, spare 1\n/);
  expect(plan).toMatch(/sandbox-us-east-1 \(us-east-1\)\n {2}decided: add 445, spare 4\n/);
  expect(plan).toContain(
    "In all 2 clusters, by AWS's figures of 2026-02-13\n  decided: add 612, spare 5\n  writing takes about 5 min 5 s at 10 requests per 5 s",
  );
  expect(questions).toEqual([
    "Write these 612 changes to CAST AI's blacklist in 2 clusters (dublin, sandbox-us-east-1)? It takes about 5 min 5 s.",
  ]);
});

test('declining writes nothing, and is not an error', async () => {
  await using sandbox = await startSmall();
  const { error, isDeclined } = await operateOn(sandbox, user(() => false).terminal);
  expect({ error, isDeclined }).toEqual({ error: null, isDeclined: true });
  expect(writesOf(sandbox)).toEqual([]);
});

test('declining does not hide that a cluster of the fleet failed', async () => {
  await using sandbox = await startSandbox();
  const { castai } = sandbox;
  castai.clusters.push(makeCluster('eu-west-1', { organizationId: castai.organizationId, name: 'dublin' }));
  const [, second] = castai.clusters;
  sandbox.faults.push({
    when: { route: 'list', matching: ({ query }) => query['clusterId'] === second?.id },
    fault: { kind: 'status', status: 400 },
  });
  const { terminal, questions } = user(() => false);
  const { error, isDeclined } = await operateOn(sandbox, terminal, { 'cluster-id': '*' });
  expect(questions).toHaveLength(1);
  expect({ isDeclined, message: error?.message }).toEqual({
    isDeclined: true,
    message: expect.stringContaining('1 of 2 clusters is not finished: dublin (failed'),
  });
});

test('a run without writes does not prompt', async () => {
  await using sandbox = await startSmall();
  await operateOn(sandbox, user(() => true).terminal);
  const { terminal, questions } = user();
  expect((await operateOn(sandbox, terminal)).error).toBeNull();
  expect(questions).toEqual([]);
});

test('changes that were made in the meantime are neither written nor prompted for again', async () => {
  await using sandbox = await startSmall();
  const { terminal, questions } = user(() => {
    // Another owner blacklists a family without expiry while the operator thinks.
    sandbox.castai.seed({ instanceFamily: 'm5', lifecycle: 'spot' });
    return true;
  });
  const { result, error } = await operateOn(sandbox, terminal);
  expect(error).toBeNull();
  expect(questions).toHaveLength(1);
  expect(result.clusters[0]?.actions.covered).toBeGreaterThan(0);
  expect(writesOf(sandbox).length).toBeLessThan(8);
});

test.for([true, false])('unapproved changes cause a second prompt: %s', async (again) => {
  await using sandbox = await startSmall();
  sandbox.castai.seed({ instanceFamily: 'm5', lifecycle: 'spot' });
  const { terminal, said, questions } = user(
    () => {
      sandbox.castai.entries = [];
      return true;
    },
    () => again,
  );
  const { error, isDeclined } = await operateOn(sandbox, terminal);
  expect(questions).toHaveLength(2);
  expect(said.join('\n')).toContain('has changed in the meantime');
  expect({ error, isDeclined }).toEqual({ error: null, isDeclined: !again });
  expect(sandbox.castai.entries).toHaveLength(again ? 8 : 0);
});

test.for([
  ['a no', () => false, undefined],
  [
    'Ctrl-C',
    (interrupt: Stoppable) => {
      interrupt.stop();
      return false;
    },
    'Stopped before anything was written.',
  ],
] as const)('%s to the changed plans of a fleet writes to none of its clusters', async ([, no, message]) => {
  await using sandbox = await startSmall();
  const { castai } = sandbox;
  const [first] = castai.clusters;
  if (first === undefined) throw new Error('no cluster');
  castai.clusters = [first, { ...first, id: randomUUID(), name: 'second' }];
  for (const { id } of castai.clusters)
    castai.seed({ clusterId: id, instanceFamily: 'm5', lifecycle: 'spot' });
  const { terminal, questions } = user(
    () => {
      castai.entries = [];
      return true;
    },
    no,
    () => false,
  );
  const outcome = await operateOn(sandbox, terminal, { 'cluster-id': '*' }).catch((error) => ({ error }));
  expect(questions).toHaveLength(2);
  expect(outcome.error?.message).toBe(message);
  expect(writesOf(sandbox)).toEqual([]);
});

test.for([
  [false, false],
  [false, true],
  [true, false],
  [true, true],
] as const)(
  'a never glob that matches no type in any region prompts: --auto-approve %s, answer %s',
  async ([autoApprove, answer]) => {
    await using sandbox = await startSmall();
    const { terminal, questions } = user(() => {
      expect(writesOf(sandbox)).toEqual([]);
      return answer;
    });
    const never = 'm5x,r5.large,q9.*';
    const { error, isDeclined } = await operateOn(sandbox, terminal, {}, { never, autoApprove });
    expect({ error, isDeclined }).toEqual({ error: null, isDeclined: !answer });
    expect(questions).toEqual([
      expect.stringMatching(
        /^m5x, q9\.\* on the never list match no type of the feed in any region, so check NEVER_BLACKLIST\. Write these/,
      ),
    ]);
    expect(sandbox.castai.entries.length > 0).toBe(answer);
  },
);

test.for([true, false])(
  'a never glob that matched in the preview but no longer does prompts again: answer %s',
  async (answer) => {
    await using sandbox = await startSmall();
    const { terminal, questions } = user(
      () => {
        // AWS withdraws the family while the operator thinks.
        sandbox.feed.replace(eightRiskyFeed());
        return true;
      },
      () => answer,
    );
    const feed = eightRiskyFeed();
    Object.assign(feed.spot_advisor['us-east-1']?.['Linux'] ?? {}, { 'm4.large': { r: 4, s: 60 } });
    sandbox.feed.replace(feed);
    const { error, isDeclined } = await operateOn(sandbox, terminal, {}, { never: 'm4' });
    expect({ error, isDeclined }).toEqual({ error: null, isDeclined: !answer });
    expect(questions).toEqual([
      expect.stringMatching(/^Write these 8 changes/),
      expect.stringMatching(/^m4 on the never list matches no type of the feed/),
    ]);
    expect(sandbox.castai.entries).toHaveLength(answer ? 8 : 0);
  },
);

test('untrusted names cannot move the cursor, and have no invisible characters or colours', () => {
  expect(printable('\u001b[2Jprod\u202euction\u0007\r\n')).toBe('[2Jproduction\n');
  expect(printable('\u001b[8mhidden\u001b[31mred\u009b8m')).toBe('[8mhidden[31mred8m');
  const written: string[] = [];
  const output = Object.assign(
    new Writable({ write: (chunk, _, done) => done(void written.push(String(chunk)) as undefined) }),
    { isTTY: true },
  );
  const { say, style } = openTerminal(hostWith(Readable.from([]), output));
  say(`${style('red', 'Not\u001b[39m done')}: \u001b[8mhidden\u001b[30;40m`);
  expect(written).toEqual(['\u001b[31mNot[39m done\u001b[39m: [8mhidden[30;40m\n']);
});

test.each([
  ['1', true],
  ['0', false],
  ['false', false],
])('FORCE_COLOR=%s decides about colours, whatever the stream is', (FORCE_COLOR, isColoured) => {
  const output = Object.assign(new Writable(), { isTTY: !isColoured });
  const environment = { FORCE_COLOR, ...(isColoured && { NO_COLOR: '1' }) };
  const { style } = openTerminal(hostWith(Readable.from([]), output, environment));
  expect(style('red', 'text') !== 'text').toBe(isColoured);
});

test('the remaining time follows the pace and the measured progress', () => {
  const pace = { batchSize: 10, batchPause: 5 };
  expect(timeLeft(449, 1, 900, pace)).toBe('3 min 40 s');
  expect(timeLeft(449, 440, 220_000, pace)).toBe('5 s');
  expect(timeLeft(100, 50, 300_000, pace)).toBe('5 min 0 s');
});

test('without colours, long writes show a line after each tenth', () => {
  const written: string[] = [];
  const output = new Writable({
    write: (chunk, _, done) => done(void written.push(String(chunk)) as undefined),
  });
  const terminal = openTerminal(hostWith(Readable.from([]), output));
  const decision = { action: 'add', instanceType: 'm5.large' } as const;
  for (const batchPause of [0, 5]) {
    const progress = new WriteProgress(terminal, { batchSize: 10, batchPause });
    progress.start(20);
    for (let step = 0; step < 20; step += 1)
      progress.advance({ ...decision, expiresAt: 0, band: null, savings: null, reason: '' });
    progress.stop();
  }
  expect(written).toHaveLength(10);
  expect(written[0]).toBe('2 of 20, 5 s left\n');
  expect(written.at(-1)).toBe('20 of 20, reading the list as proof\n');
});

test.for([
  ['y\n', true],
  ['Yes\n', true],
  ['\n', false],
  ['no\n', false],
  ['', false],
] as const)('without colours, %j answers a question with %s', async ([typed, answer]) => {
  const written: string[] = [];
  const output = Object.assign(
    new Writable({ write: (chunk, _, done) => done(void written.push(String(chunk)) as undefined) }),
    { isTTY: true },
  );
  const input = Object.assign(Readable.from([typed]), { isTTY: true });
  const terminal = openTerminal(hostWith(input, output, { NO_COLOR: '1' }));
  expect(await terminal.ask('Go?', { deadline: deadlineIn(60_000), stop: () => {} })).toBe(answer);
  expect(written.join('')).toContain('Go? [y/N] ');
  expect(written.join('')).not.toContain('\u001b');
});

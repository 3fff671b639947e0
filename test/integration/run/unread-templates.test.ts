// Node templates decide which types are spared. While they cannot be read, it is unknown which would be spared.
import { describe, expect, it } from 'vitest';
import { makeCluster } from '../../../cli/demo/sandbox/castai/castai.ts';
import { makeTemplate } from '../../../cli/demo/sandbox/castai/inventory.ts';
import type { Fault } from '../../sandbox/http/faults.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { HOUR, smallFeed, typeIn } from '../../support/deployment.ts';
import { FLEET, type RunHere, runHere, writesSeenBy } from '../../support/run-here.ts';

const RISKY = ['m5.large', 'm5.xlarge', 'g5.xlarge', 'g5.2xlarge'];
const FEED = smallFeed({
  ...Object.fromEntries(RISKY.map((type) => [type, 4])),
  ...{ 'c5.large': 0, 'c5.xlarge': 0 },
});
const LOOSE = {
  ...{ minTypesPerArchitecture: 0, minFamiliesPerArchitecture: 0 },
  ...{ minTypesPerTemplate: 2, maxBlacklistShare: 1 },
};

/** A cluster with a template for which both g5 types are spared. */
async function startWith(...faults: Fault[]): Promise<Sandbox> {
  const sandbox = await startSandbox();
  sandbox.feed.replace(FEED);
  sandbox.castai.inventory.templates = [makeTemplate('gpu', { instanceFamilies: { include: ['g5'] } })];
  for (const fault of faults) sandbox.faults.push({ when: { route: 'templates' }, fault });
  return sandbox;
}

const run = (sandbox: Sandbox, options: RunHere = {}) =>
  runHere(sandbox, { ...options, settings: { ...LOOSE, ...options.settings } });

const own = ({ castai }: Sandbox, instanceType: string, hours: number) =>
  castai.seed({
    ...{ instanceType, lifecycle: 'spot', reason: 'spot-blacklist/default: >20%' },
    expiresAt: new Date(Date.now() + hours * HOUR).toISOString(),
  });

const answer = (body: unknown): Fault => ({
  kind: 'body',
  body: typeof body === 'string' ? body : JSON.stringify(body),
  contentType: 'application/json',
});
const status = (code: number, headers: Record<string, string> = {}): Fault => {
  return { kind: 'status', status: code, headers };
};
const GOOD = { template: makeTemplate('gpu', { instanceFamilies: { include: ['g5'] } }), stats: {} };
const WITHOUT = { name: 'bare', isDefault: false, isEnabled: true };

const PASSING: [string, Fault][] = [
  ['500', status(500)],
  ['502', status(502)],
  ['503', status(503)],
  ['429', status(429)],
  ['429 for a day', status(429, { 'retry-after': '86400' })],
  ['408', status(408)],
  ['400', status(400)],
  ['409', status(409)],
  ['410', status(410)],
  ['302', status(302, { location: 'https://example.com' })],
  ['204', status(204)],
  ['a reset connection', { kind: 'reset' }],
  ['half an answer', { kind: 'truncate' }],
  ['an answer that is lost', { kind: 'lost-answer' }],
  ['HTML', answer('<html>Bad Gateway</html>')],
  ['no text at all', answer('')],
  ['null', answer('null')],
  ['another document', answer({ hello: 'world' })],
  ['an error with status 200', answer({ items: [], message: 'internal' })],
  ['a part of the list', answer({ items: [GOOD], nextCursor: 'abc' })],
  ['an item that is no template', answer({ items: [GOOD, 7] })],
  ['an item without a template', answer({ items: [GOOD, { stats: {} }] })],
  ['an item without constraints', answer({ items: [GOOD, { template: WITHOUT }] })],
  ['constraints that are null', answer({ items: [GOOD, { template: { ...WITHOUT, constraints: null } }] })],
  ['constraints that are a list', answer({ items: [{ template: { ...WITHOUT, constraints: [] } }, GOOD] })],
  ['constraints that are text', answer({ items: [GOOD, { template: { ...WITHOUT, constraints: '{}' } }] })],
];

describe.concurrent('node templates that are temporarily unreadable: nothing new is added, and the run fails', () => {
  it.each(PASSING)('%s', async (_, fault) => {
    await using sandbox = await startWith(fault);
    own(sandbox, 'm5.large', 1);
    const { result, error } = await run(sandbox);
    const problem = expect.stringMatching(
      /^CAST AI's node templates could not be read \(.*\)(?: \[.*\])?, so nothing new is added$/,
    );
    expect(error).toMatchObject({ name: 'RunIncompleteError', code: 'RUN_INCOMPLETE' });
    expect(error?.message).toContain("deferred: CAST AI's node templates could not be read (");
    const [cluster] = result.clusters;
    expect(cluster).toMatchObject({
      status: 'deferred',
      problem,
      templates: null,
      actions: { add: 3, renew: 1 },
      outcome: { succeeded: 1, failed: 0, deferred: 3, verified: 1, uncovered: 3 },
    });
    const adds = cluster?.decisions.filter(({ action }) => action === 'add') ?? [];
    expect(adds).toMatchObject(Array(3).fill({ outcome: 'deferred', problem }));
    expect(cluster?.warnings.filter((warning) => warning.includes('so nothing new is added'))).toHaveLength(
      1,
    );
    expect(writesSeenBy(sandbox).map(typeIn)).toEqual(['m5.large']);

    sandbox.faults.clear();
    const next = await run(sandbox);
    expect(next.error).toBeNull();
    expect(next.result.clusters).toMatchObject([{ actions: { add: 1, keep: 1, spare: 2 } }]);
  });

  it('no response', async () => {
    await using sandbox = await startWith({ kind: 'hang' });
    const { result, error } = await run(sandbox, { timeout: 10_000 });
    expect(error).toMatchObject({ code: 'RUN_INCOMPLETE' });
    expect(result.clusters).toMatchObject([
      { status: 'deferred', problem: expect.stringContaining('(time ran out)'), outcome: { deferred: 4 } },
    ]);
    expect(writesSeenBy(sandbox)).toEqual([]);
  });

  it('no response for a fleet, whose lists are read and renewed all the same', async () => {
    await using sandbox = await startWith({ kind: 'hang' });
    const { castai } = sandbox;
    const { organizationId } = castai;
    castai.clusters = Array.from({ length: 12 }, () => makeCluster('us-east-1', { organizationId }));
    for (const { id } of castai.clusters) Object.assign(own(sandbox, 'm5.large', 1), { clusterId: id });
    const { result, error } = await run(sandbox, {
      ...{ secret: FLEET, timeout: 15_000, settings: { batchSize: 2 } },
    });
    expect(error).toMatchObject({ code: 'RUN_INCOMPLETE' });
    expect(result.clusters).toMatchObject(
      Array(12).fill({ status: 'deferred', outcome: { succeeded: 1, deferred: 3 } }),
    );
  });

  it('fails even if there was nothing to add, because it is unknown what a floor needs', async () => {
    await using sandbox = await startWith(status(503));
    for (const type of RISKY) own(sandbox, type, 4.9);
    const { result, error } = await run(sandbox);
    expect(error).toMatchObject({ code: 'RUN_INCOMPLETE' });
    expect(result.clusters).toMatchObject([
      { status: 'deferred', outcome: { deferred: 0, verified: null, uncovered: 0 } },
    ]);
  });

  it('still removes what has to be removed', async () => {
    await using sandbox = await startWith(status(503));
    own(sandbox, 'm5.large', 4);
    await run(sandbox, { settings: { neverBlacklist: 'm5.large' } });
    expect(writesSeenBy(sandbox).map(({ route }) => route)).toEqual(['remove']);
    expect(sandbox.castai.entries).toEqual([]);
  });

  it('names the write that failed, too', async () => {
    await using sandbox = await startWith(status(503));
    own(sandbox, 'm5.large', 1);
    sandbox.faults.push({ when: { route: 'add' }, fault: status(400) });
    const { result } = await run(sandbox);
    expect(result.clusters).toMatchObject([
      {
        status: 'failed',
        problem: expect.stringMatching(
          /^CAST AI's node templates .*, so nothing new is added; 4 of 4 writes not done; first m5\.large: /,
        ),
      },
    ]);
  });

  it('affects only the clusters concerned', async () => {
    await using sandbox = await startWith();
    const { organizationId, clusters } = sandbox.castai;
    const other = makeCluster('us-east-1', { organizationId, name: 'other' });
    clusters.push(other);
    sandbox.faults.push({
      when: { route: 'templates', matching: ({ path }) => path.includes(other.id) },
      fault: status(503),
    });
    const { result, error } = await run(sandbox, { secret: FLEET });
    expect(error?.message).toMatch(/^1 of 2 clusters is not finished: other \(deferred: /);
    expect(result.clusters).toMatchObject([
      { clusterName: 'other', status: 'deferred', outcome: { succeeded: 0, deferred: 4 } },
      { status: 'completed', outcome: { succeeded: 2, deferred: 0 }, actions: { spare: 2 } },
    ]);
  });

  it('is shown by a dry run, which fails as a live one would', async () => {
    await using sandbox = await startWith(status(503));
    const { result, error } = await run(sandbox, { payload: { dryRun: true } });
    expect(error).toMatchObject({ code: 'RUN_INCOMPLETE' });
    expect(result.clusters).toMatchObject([
      { status: 'deferred', actions: { add: 4 }, outcome: { deferred: 4, verified: null, uncovered: null } },
    ]);
  });

  it('does not prevent clearing', async () => {
    await using sandbox = await startWith(status(503));
    own(sandbox, 'm5.large', 4);
    expect((await run(sandbox, { payload: { operation: 'clear' } })).error).toBeNull();
    expect(sandbox.castai.entries).toEqual([]);
  });
});

describe('node templates are read all the same', () => {
  it.each<[string, object]>([
    ['if one is switched off, whatever else it lacks', { ...WITHOUT, isEnabled: false }],
    ['if one has no constraint', { ...WITHOUT, constraints: {} }],
  ])('%s', async (_, template) => {
    await using sandbox = await startWith(answer({ items: [GOOD, { template }] }));
    const { result, error } = await run(sandbox);
    expect(error).toBeNull();
    expect(result.clusters).toMatchObject([{ templates: [{ name: 'gpu', spared: 2 }] }]);
  });

  it('after temporary failures', async () => {
    await using sandbox = await startWith();
    sandbox.faults.push({ when: { route: 'templates' }, times: 2, fault: status(503) });
    expect((await run(sandbox)).error).toBeNull();
  });
});

describe('node templates that are permanently refused cause a warning: their floors are not held', () => {
  it.each([403, 404])('%i', async (code) => {
    await using sandbox = await startWith(status(code));
    const { result, error } = await run(sandbox);
    expect(error).toBeNull();
    const [cluster] = result.clusters;
    expect(cluster).toMatchObject({ status: 'completed', templates: null, outcome: { succeeded: 4 } });
    expect(cluster?.warnings.join()).toContain('so the floor of each template is not held');
  });

  it('401: the key is rejected, which ends the run', async () => {
    await using sandbox = await startWith(status(401));
    const { error } = await run(sandbox);
    expect(error).toMatchObject({ code: 'KEY_REJECTED' });
    expect(writesSeenBy(sandbox)).toEqual([]);
  });
});

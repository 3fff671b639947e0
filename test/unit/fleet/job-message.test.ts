import fc from 'fast-check';
import { expect, it } from 'vitest';
import { JobError } from '../../../lambda/fleet/errors.ts';
import { messageOf, readJob } from '../../../lambda/fleet/message.ts';

const NOW = Date.parse('2026-03-01T12:00:00Z');

const event = (body: unknown) => ({ Records: [{ eventSource: 'aws:sqs', body }] });

const jobs = fc.record(
  {
    target: fc.constantFrom('default', 'team-a'),
    round: fc
      .date({ min: new Date(0), max: new Date(NOW), noInvalidDate: true })
      .map((date) => date.toISOString()),
    feed: fc.constantFrom(null, '"0123456789abcdef"', 'W/"a-b_c.d+e/f="'),
    clusterId: fc.option(fc.mixedCase(fc.uuid())),
    evidence: fc.record({
      until: fc.constant('2026-02-28T00:00:00.000Z'),
      isLacking: fc.boolean(),
      hidden: fc.constantFrom(null, 'the node templates of a cluster are unknown'),
    }),
  },
  { requiredKeys: ['target', 'round', 'feed', 'clusterId'] },
);

it('a job survives sending and reading unchanged', () => {
  fc.assert(
    fc.property(jobs, (job) => {
      expect(readJob(event(messageOf(job)), job.target, NOW)).toEqual(job);
    }),
  );
});

it('anything else is an error of this project that reveals nothing of the message', () => {
  const parts = fc.oneof(
    fc.anything(),
    fc.constantFrom({ until: 'soon', isLacking: false }, { until: new Date(NOW).toISOString() }),
    fc.constantFrom(2, null, '"0123"', 'cluster', 'summary', 'default', new Date(NOW).toISOString()),
  );
  const almost = fc.record(
    {
      version: parts,
      target: parts,
      round: parts,
      feed: parts,
      kind: parts,
      cluster: parts,
      evidence: parts,
      more: parts,
    },
    { requiredKeys: [] },
  );
  const bodies = fc.oneof(
    fc.anything(),
    fc.json(),
    almost.map((one) => JSON.stringify(one)),
  );
  fc.assert(
    fc.property(bodies, (body) => {
      try {
        const job = readJob(event(body), 'default', NOW);
        // Only what could have been sent.
        expect(JSON.parse(messageOf(job))).toEqual(JSON.parse(String(body)));
      } catch (error) {
        expect(error).toBeInstanceOf(JobError);
        expect((error as JobError).message).toMatch(/so nothing was done/);
      }
    }),
    { numRuns: 1_000 },
  );
});

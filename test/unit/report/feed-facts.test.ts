import { describe, expect, it } from 'vitest';
import { CastAiError, CeilingError } from '../../../lambda/domain/errors.ts';
import { reportUntouched } from '../../../lambda/report/cluster-result.ts';
import { reportMachines } from '../../../lambda/report/evidence.ts';
import { readFeed } from '../../../lambda/spot-advisor/feed.ts';

describe('the machines of a result', () => {
  const document = {
    ranges: [{ index: 0, label: '<5%' }],
    spot_advisor: {
      'us-east-1': {
        Linux: { 'm5.large': { r: 0, s: 1 }, 't2.nano': { r: 0, s: 1 }, 'x9.odd': { r: 0, s: 1 } },
      },
      'eu-west-1': { Linux: { 'm5.large': { r: 0, s: 1 }, 'm5.metal': { r: 0, s: 1 } } },
    },
    instance_types: {
      'm5.large': { cores: 2, ram_gb: 8 },
      'm5.metal': { cores: 96, ram_gb: 384.0 },
      't2.nano': { cores: 1, ram_gb: 0.5 },
      'x9.odd': { cores: 'many' },
    },
  };

  it('have vCPUs and GiB by family and size, once for all regions, and null for what the feed lacks', () => {
    const feed = readFeed(JSON.stringify(document), { etag: null, lastModified: null });
    expect(reportMachines([feed.of('us-east-1', 'Linux'), feed.of('eu-west-1', 'Linux')])).toEqual({
      m5: { large: [2, 8], metal: [96, 384] },
      t2: { nano: [1, 0.5] },
      x9: { odd: [null, null] },
    });
  });
});

describe('a cluster without a plan', () => {
  const cluster = { clusterId: 'one', clusterName: null, organizationId: 'all', region: 'us-east-1' };

  it('has the ceiling’s numbers only if the ceiling refused it', () => {
    const refusal = { types: 99, of: 100, ceiling: 0.9 };
    expect(
      reportUntouched(cluster, 'failed', 'too much', new CeilingError(refusal, 'too much')),
    ).toMatchObject({
      status: 'failed',
      refusal,
    });
    const other = new CastAiError('CASTAI_BUSY', 'busy', 429);
    expect(reportUntouched(cluster, 'failed', 'busy', other)).not.toHaveProperty('refusal');
    expect(reportUntouched(cluster, 'skipped', 'gone')).not.toHaveProperty('refusal');
  });
});

import { setTimeout as sleep } from 'node:timers/promises';
import { isAbove } from '../../lambda/domain/instance-types/spot-type.ts';
import { readFeed } from '../../lambda/spot-advisor/feed.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';

/** The yardstick: a POST per risky type, one after the other, with a pause after every ten, in every run. */
export async function addOneByOne(sandbox: Sandbox, { pause }: { pause: number }): Promise<number> {
  const started = performance.now();
  const { organizationId, apiKey, clusters } = sandbox.castai;
  const answer = await fetch(sandbox.environment['SPOT_ADVISOR_URL'] ?? '');
  const feed = readFeed(await answer.text(), { etag: null, lastModified: null }).of('us-east-1', 'Linux');
  const risky = feed.types.filter(({ band }) => isAbove(band, 20));
  for (const [index, { instanceType }] of risky.entries()) {
    const added = await fetch(`${sandbox.url}/v1/inventory/blacklist/add`, {
      method: 'POST',
      headers: { 'x-api-key': apiKey, 'content-type': 'application/json' },
      body: JSON.stringify({
        organizationId,
        clusterId: clusters[0]?.id,
        instanceType,
        lifecycle: 'spot',
        expiresAt: new Date(Date.now() + 5 * 3_600_000).toISOString(),
      }),
    });
    await added.arrayBuffer();
    const isLast = index === risky.length - 1;
    if (pause > 0 && index % 10 === 9 && !isLast) await sleep(pause * 1000);
  }
  return performance.now() - started;
}

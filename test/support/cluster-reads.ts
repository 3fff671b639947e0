import { connectCastAi } from '../../lambda/castai/client.ts';
import type { ClusterReads } from '../../lambda/run/ports.ts';
import type { FaultRule } from '../sandbox/http/faults.ts';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';

type Route = FaultRule['when']['route'];

/** The fault of a body as the answer, to every request or to the nth one. */
export const answering = (route: Route, body: unknown, nth?: number): FaultRule => ({
  when: { route, ...(nth !== undefined && { nth }) },
  fault: {
    kind: 'body',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    contentType: 'application/json',
  },
});

/** What a read of a sandbox's cluster makes of what was arranged. */
export async function reading<T>(
  read: (reads: ClusterReads, clusterId: string) => Promise<T>,
  arrange: (sandbox: Sandbox) => void,
): Promise<T> {
  await using sandbox = await startSandbox();
  arrange(sandbox);
  const { apiKey, organizationId, clusters } = sandbox.castai;
  const { reads } = connectCastAi(sandbox.url, { apiKey, organizationId, clusterId: null });
  if (reads === null) throw new Error('there are no cluster reads');
  return await read(reads, clusters[0]?.id ?? '');
}

// Requests every service once at an address with an untrusted certificate, and sends each adapter's error.

import { readOwnFigures } from '../../lambda/aws/capacity-manager.ts';
import { sendEvent } from '../../lambda/aws/event-bus.ts';
import { fetchCredentials } from '../../lambda/aws/secret.ts';
import { connectCastAi } from '../../lambda/castai/client.ts';
import { jobQueue } from '../../lambda/fleet/queue.ts';
import { fetchFeed } from '../../lambda/spot-advisor/feed.ts';

const { AWS_ENDPOINT_URL: url = '' } = process.env;
const signal = AbortSignal.timeout(60_000);
const problemOf = (asked: Promise<unknown>) => asked.then(String, ({ message }: Error) => message);
const castai = connectCastAi(url, { apiKey: 'k', organizationId: 'o', clusterId: null });
const job = { target: 'default', round: new Date(0).toISOString(), feed: null, clusterId: null };
const query = { homeRegion: null, regions: ['us-east-1'], os: 'Linux', days: 1, now: Date.now() };

process.send?.({
  'Secrets Manager': await problemOf(fetchCredentials('spot-blacklist/castai', signal)),
  'the Spot Advisor feed': await problemOf(fetchFeed(`${url}/feed.json`, signal)),
  'CAST AI': await problemOf(castai.listClusters(signal)),
  EventBridge: await problemOf(
    sendEvent('default', { source: 'spot-blacklist', detailType: 'Run Completed', detail: {} }, signal),
  ),
  SQS: await problemOf(
    jobQueue
      .enqueue({ url: `${url}/000000000000/jobs.fifo`, secretId: 'x' }, [job], signal)
      .then(({ error }) => error?.message),
  ),
  'EC2 Capacity Manager': await problemOf(readOwnFigures(query, signal).then(({ warnings }) => warnings)),
});

// Reads the secret, asks CAST AI and sends an event, once each, over TLS, in a process of its own: the test examines its
// output.

import { sendEvent } from '../../lambda/aws/event-bus.ts';
import { fetchCredentials } from '../../lambda/aws/secret.ts';
import { connectCastAi } from '../../lambda/castai/client.ts';
import { SECRET_NAME } from '../sandbox/sandbox.ts';

// Directly to a server on this machine, or to the real names, which a proxy leads there.
const { DIRECT } = process.env;
if (DIRECT !== undefined) process.env['AWS_ENDPOINT_URL'] = DIRECT;
const credentials = await fetchCredentials(SECRET_NAME, AbortSignal.timeout(20_000));
const castai = connectCastAi(DIRECT ?? 'https://api.cast.ai', credentials);
console.log(`clusters: ${(await castai.listClusters()).length}`);
const event = { source: 'spot-blacklist', detailType: 'Run Completed', detail: {} };
console.log(`event: ${await sendEvent('default', event, AbortSignal.timeout(20_000))}`);

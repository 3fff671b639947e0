import { type Case, KEY, testEach, withFault } from './canary.ts';

const SHOWN = { dryRun: true, ownEvidence: 'decide' };
const XML = 'text/xml';

/** One data point as EC2 writes it. */
const point = ({
  region = 'us-east-1',
  type = 'm5.large',
  platform = 'Linux/UNIX',
  zone = 'az',
  value = '1',
}) =>
  `<GetCapacityManagerMetricDataResponse><requestId>${KEY}</requestId><metricDataResultSet><item><dimension><resourceRegion>${region}</resourceRegion><availabilityZoneId>${zone}</availabilityZoneId><instanceType>${type}</instanceType><instancePlatform>${platform}</instancePlatform></dimension><timestamp>${new Date(Date.now() - 86_400_000).toISOString()}</timestamp><metricValueSet><item><metric>spot-total-usage-hrs-inst</metric><value>${value}</value></item></metricValueSet></item></metricDataResultSet></GetCapacityManagerMetricDataResponse>`;

const failure = (code: string, message: string) =>
  `<Response><Errors><Error><Code>${code}</Code><Message>${message}</Message></Error></Errors><RequestID>${KEY}</RequestID></Response>`;

const answered = (body: string): Case => ({
  arrange: withFault('evidence', { kind: 'body', body, contentType: XML }),
  payload: SHOWN,
  succeeds: true,
});

const refused = (status: number, body: string): Case => ({
  arrange: withFault('evidence', { kind: 'status', status, body, headers: { 'content-type': XML } }),
  payload: SHOWN,
  succeeds: true,
});

/** What EC2 Capacity Manager says of itself, with the key in every text. */
const status = (ingestion: string) =>
  `<GetCapacityManagerAttributesResponse><requestId>${KEY}</requestId><capacityManagerStatus>${KEY}</capacityManagerStatus><ingestionStatus>${ingestion}</ingestionStatus><ingestionStatusMessage>${KEY}</ingestionStatusMessage></GetCapacityManagerAttributesResponse>`;

testEach({
  'EC2 echoing it in a refusal': refused(400, failure('UnauthorizedOperation', `not with ${KEY}`)),
  'EC2 echoing it as an error code': refused(400, failure(KEY, KEY)),
  'EC2 echoing it in a failure': refused(500, failure('InternalError', KEY)),
  'EC2 answering with it and nothing else': answered(KEY),
  'EC2 naming a region after it': answered(point({ region: KEY })),
  'EC2 naming a type after it': answered(point({ type: `${KEY.toLowerCase().replaceAll('_', '-')}.large` })),
  'EC2 naming a platform after it': answered(point({ platform: `Linux ${KEY}` })),
  'EC2 naming a zone after it': answered(point({ zone: KEY })),
  'EC2 giving it as its status': answered(status(KEY)),
  'EC2 failing to take in figures because of it': answered(status('ingestion-failed')),
  'EC2 giving it as a number': answered(point({ value: KEY })),
});

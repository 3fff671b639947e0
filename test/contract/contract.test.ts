// What the recorder notices in any test.
import { expect, test } from 'vitest';
import { jsonAnswer, type SandboxRequest, textAnswer } from '../../cli/demo/sandbox/http/exchange.ts';
import { findRoute } from '../../cli/demo/sandbox/http/routes.ts';
import { ROUTES } from '../sandbox/http/routes.ts';
import { violationsIn } from './contract.ts';

function requestOf(method: string, path: string, facts: Partial<SandboxRequest> = {}): SandboxRequest {
  const route = findRoute(ROUTES, method, path);
  return { route, method, path, query: {}, headers: {}, text: '', body: undefined, receivedAt: 0, ...facts };
}

const CLUSTERS = requestOf('GET', '/v1/kubernetes/external-clusters');
const NODES = '/v1/kubernetes/external-clusters/a/nodes';
const TEMPLATES = requestOf('GET', '/v1/kubernetes/clusters/a/node-templates');
const STATS = { countSpot: 0, countOnDemand: 0, countFallback: 0, countSoleTenant: 0 };
const ADDITION = '/v1/inventory/blacklist/add';

test.each<[string, SandboxRequest, unknown, string]>([
  [
    'a member that is not published',
    CLUSTERS,
    { items: [{ karpenter: {} }] },
    '"additionalProperty":"karpenter"',
  ],
  ['one at any depth', CLUSTERS, { items: [{ attributes: { karpenter: { enabled: true } } }] }, '"enabled"'],
  ['a missing one', TEMPLATES, { items: [{ template: {}, stats: {} }] }, '"countSoleTenant"'],
  [
    'another type',
    TEMPLATES,
    { items: [{ template: { isEnabled: 'yes' }, stats: STATS }] },
    'must be boolean',
  ],
  [
    'a value that is not in the list',
    requestOf('GET', NODES, { query: { lifecycleType: 'SPOT' } }),
    { items: [] },
    '/lifecycleType must be equal',
  ],
  ['an unknown query', requestOf('GET', NODES, { query: { limit: '3' } }), { items: [] }, '"limit"'],
  ['an unknown member of a body', requestOf('POST', ADDITION, { body: { type: 'm5.large' } }), {}, '"type"'],
  [
    'a time without a time zone',
    requestOf('POST', ADDITION, { body: { expiresAt: '2026-02-14' } }),
    {},
    '"date-time"',
  ],
])('%s is noticed', (_, request, answer, expected) => {
  const violations = violationsIn({ request, answer: jsonAnswer(200, answer) });
  expect(violations.join('; ')).toContain(expected);
});

test.each([
  ['GetSecretValue', '/aws/secrets-manager', 'secretsmanager', { SecretId: '' }],
  ['GetSecretValue', '/aws/secrets-manager', 'secretsmanager', {}],
  ['PutEvents', '/aws/event-bridge', 'AWSEvents', { Entries: Array(11).fill({}) }],
  ['SendMessageBatch', '/aws/sqs', 'AmazonSQS', { QueueUrl: 'x', Entries: [{ Id: '1' }] }],
  ['GetQueueAttributes', '/aws/sqs', 'AmazonSQS', { QueueUrl: 'x', AttributeNames: ['NumberOfMessages'] }],
  ['DescribeSecret', '/aws/secrets-manager', 'secretsmanager', { SecretId: 'x' }],
])('AWS would refuse %s of %s %s with %o', (action, path, service, body) => {
  const request = requestOf('POST', path, { headers: { 'x-amz-target': `${service}.${action}` }, body });
  expect(violationsIn({ request, answer: jsonAnswer(200, {}) }).join()).toContain('accepted, although');
  expect(violationsIn({ request, answer: jsonAnswer(400, {}) })).toEqual([]);
});

/** What is asked of Capacity Manager, with so many values in one filter. */
function figures(values: number, more: Record<string, string> = {}): SandboxRequest {
  const filter = 'FilterBy.1.DimensionCondition';
  const form = new URLSearchParams({
    ...{ Action: 'GetCapacityManagerMetricData', Version: '2016-11-15', Period: '3600' },
    ...{ StartTime: '2026-02-13T00:00:00Z', EndTime: '2026-02-14T00:00:00Z' },
    ...{ 'MetricName.1': 'spot-total-interruptions-inst', 'GroupBy.1': 'instance-type' },
    ...{ [`${filter}.Dimension`]: 'instance-type', [`${filter}.Comparison`]: 'in' },
    ...Object.fromEntries(
      Array.from({ length: values }, (_, index) => [`${filter}.Value.${index + 1}`, 'm5.large']),
    ),
    ...more,
  });
  return requestOf('POST', '/aws/ec2', { text: String(form) });
}

const point = (value: string) =>
  `<item><dimension><instanceType>m5.large</instanceType></dimension><timestamp>2026-02-13T00:00:00.000Z</timestamp><metricValueSet><item><metric>spot-total-interruptions-inst</metric><value>${value}</value></item></metricValueSet></item>`;
const xml = (content: string) =>
  textAnswer(
    200,
    'text/xml',
    `<?xml version="1.0"?>\n<R xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>a</requestId><metricDataResultSet>${content}</metricDataResultSet></R>`,
  );

test('a filter of Capacity Manager takes ten values', () => {
  expect(violationsIn({ request: figures(10), answer: xml(point('3') + point('0.5')) })).toEqual([]);
  expect(violationsIn({ request: figures(11), answer: xml('') }).join()).toContain(
    '/Values must NOT have more than 10 items',
  );
});

test.each<[string, SandboxRequest, string, string]>([
  ['an unknown metric', figures(1, { 'MetricName.1': 'spot-rate' }), '', '/MetricNames/0'],
  ['an unknown member', figures(1, { Sort: 'x' }), '', '"Sort"'],
  ['an unknown operation', figures(1, { Action: 'DescribeInstances' }), '', 'no such operation'],
  ['a value that is no number', figures(1), point('many'), 'must be number'],
  ['an unknown member of an answer', figures(1), '<item><zone>a</zone></item>', '"Zone"'],
])('%s of Capacity Manager is noticed', (_, request, content, expected) => {
  expect(violationsIn({ request, answer: xml(content) }).join()).toContain(expected);
});

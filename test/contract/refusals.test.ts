// What the vendors' published types rule out, the sandbox refuses: a request that passes here would fail there.
import got from 'got';
import { expect, test } from 'vitest';
import { tomorrow } from '../sandbox/http/test-client.ts';
import { type Sandbox, SECRET_NAME, startSandbox } from '../sandbox/sandbox.ts';
import { operationOf } from './contract.ts';

/** A request that the vendor accepts: what is asked of a sandbox, as a query or as a body. */
interface Example {
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  readonly target?: string;
  /** The body as a form. */
  readonly form?: Readonly<Record<string, string>>;
}

const CASTAI = '/v1/kubernetes';

const EXAMPLES: Readonly<Record<string, (sandbox: Sandbox, clusterId: string) => Example>> = {
  clusters: () => ({ path: `${CASTAI}/external-clusters`, query: {} }),
  'one cluster': (_, id) => ({ path: `${CASTAI}/external-clusters/${id}`, query: {} }),
  'node templates': (_, id) => ({
    path: `${CASTAI}/clusters/${id}/node-templates`,
    query: { includeDefault: 'true', excludeStats: 'false' },
  }),
  nodes: (_, id) => ({
    path: `${CASTAI}/external-clusters/${id}/nodes`,
    query: { 'page.limit': '500', lifecycleType: 'spot', nodeStatus: 'ready', excludeDeleting: 'true' },
  }),
  policies: (_, id) => ({ path: `${CASTAI}/clusters/${id}/policies`, query: {} }),
  'an evaluation of a template': (_, id) => ({
    path: `${CASTAI}/clusters/${id}/filter-instance-types`,
    body: {
      ...{ name: 'gpu', isEnabled: true, isDefault: false },
      constraints: {
        ...{ spot: true, architectures: ['amd64'], minCpu: 2, burstable: 'NOT_SET', maxPricePerCpu: 0.5 },
        instanceFamilies: { include: ['g6'], exclude: [] },
        gpu: { includeNames: ['L4'], minCount: 1, fractionalGpus: 'DISABLED' },
        resourceLimits: { cpuLimitEnabled: false, cpuLimitMaxCores: 0 },
      },
    },
    query: { disableInstanceTypeDeduplication: 'true' },
  }),
  'the blacklist': ({ castai: { organizationId } }, clusterId) => ({
    path: '/v1/inventory/blacklist',
    query: { organizationId, clusterId },
  }),
  'an addition': ({ castai: { organizationId } }, clusterId) => ({
    path: '/v1/inventory/blacklist/add',
    body: {
      ...{ organizationId, clusterId, instanceType: 'm5.large', lifecycle: 'spot' },
      ...{ expiresAt: tomorrow(), reason: 'spot-blacklist/default: >20%' },
    },
  }),
  'a removal': ({ castai: { organizationId } }, clusterId) => ({
    path: '/v1/inventory/blacklist/remove',
    body: { organizationId, clusterId, instanceType: 'm5.large', lifecycle: 'spot' },
  }),
  'a secret': () => ({
    path: '/aws/secrets-manager/',
    target: 'secretsmanager.GetSecretValue',
    body: { SecretId: SECRET_NAME },
  }),
  events: () => ({
    path: '/aws/event-bridge/',
    target: 'AWSEvents.PutEvents',
    body: {
      Entries: [
        { Source: 'spot-blacklist', DetailType: 'Run Completed', Detail: '{}', EventBusName: 'default' },
      ],
    },
  }),
  messages: ({ sqs, url }) => ({
    path: '/aws/sqs/',
    target: 'AmazonSQS.SendMessageBatch',
    body: {
      QueueUrl: sqs.queueUrl(`${url}/aws/sqs`),
      Entries: [{ Id: '0', MessageBody: '{}', MessageGroupId: 'group', MessageDeduplicationId: 'one' }],
    },
  }),
  'what Capacity Manager says of itself': () => ({
    path: '/aws/ec2/',
    target: '',
    form: { Action: 'GetCapacityManagerAttributes', Version: '2016-11-15' },
  }),
  figures: () => ({
    path: '/aws/ec2/',
    target: '',
    form: {
      ...{ Action: 'GetCapacityManagerMetricData', Version: '2016-11-15', Period: '3600' },
      ...{ StartTime: '2026-02-13T00:00:00Z', EndTime: '2026-02-14T00:00:00Z', MaxResults: '1000' },
      ...{ 'MetricName.1': 'spot-total-interruptions-inst', 'GroupBy.1': 'instance-type' },
      'FilterBy.1.DimensionCondition.Dimension': 'instance-type',
      'FilterBy.1.DimensionCondition.Comparison': 'in',
      'FilterBy.1.DimensionCondition.Value.1': 'm5.large',
    },
  }),
};

const textOf = ({ body, form }: Pick<Example, 'body' | 'form'>): string | undefined =>
  form === undefined ? JSON.stringify(body) : String(new URLSearchParams(form));

/** Sends a request as it is. @returns the status, and the request as the sandbox received it */
async function send(sandbox: Sandbox, { path, query, target, ...example }: Example) {
  const text = textOf(example);
  const { statusCode } = await got(`${sandbox.url}${path}`, {
    method: text === undefined ? 'GET' : 'POST',
    searchParams: { ...query },
    ...(text !== undefined && { body: text }),
    headers: {
      ...(target === undefined
        ? { 'x-api-key': sandbox.castai.apiKey }
        : { 'x-amz-target': target, authorization: 'AWS4-HMAC-SHA256 Credential=sandbox' }),
    },
    retry: { limit: 0 },
    throwHttpErrors: false,
  });
  return { status: statusCode, request: sandbox.requests.at(-1) };
}

const MANY = [2, 11, 41];
const OTHERS = [7, -1, 0.5, true, null, '', 'nonsense', 'x'.repeat(5_000), [], {}];

/** A value with one change anywhere in it: something missing, added, replaced, or there too often. */
function* mutations(value: unknown): Generator<unknown> {
  yield* OTHERS;
  if (Array.isArray(value)) {
    for (const times of MANY) yield Array.from({ length: times }, () => value[0]);
    for (const [index, item] of value.entries())
      for (const mutation of mutations(item)) yield value.with(index, mutation);
  } else if (typeof value === 'object' && value !== null) {
    yield { ...value, unheardOf: '1' };
    for (const [name, member] of Object.entries(value)) {
      const { [name]: _, ...others } = value as Record<string, unknown>;
      yield others;
      for (const mutation of mutations(member)) yield { ...others, [name]: mutation };
    }
  }
}

/** The same for the texts of a query or a form. */
function* textMutations(texts: Readonly<Record<string, string>>): Generator<Record<string, string>> {
  yield { ...texts, unheardOf: '1' };
  for (const [name, text] of Object.entries(texts)) {
    const { [name]: _, ...others } = texts;
    yield others;
    for (const other of ['', 'nonsense', '-1', 'x'.repeat(400)]) yield { ...others, [name]: other };
    if (!name.endsWith('.1')) continue;
    for (const times of MANY)
      yield {
        ...texts,
        ...Object.fromEntries(
          Array.from({ length: times }, (_, index) => [name.replace(/1$/, String(index + 1)), text]),
        ),
      };
  }
}

test.each(Object.entries(EXAMPLES))(
  'the sandbox accepts %s, and refuses what is ruled out there',
  async (_, make) => {
    await using sandbox = await startSandbox();
    const example = make(sandbox, sandbox.castai.clusters[0]?.id ?? '');
    const { status, request } = await send(sandbox, example);
    if (request === undefined) throw new Error('nothing was received');
    const operation = operationOf(request);
    expect([status, operation?.request(request)]).toEqual([200, []]);

    const changed: Example[] = [
      ...textMutations(example.query ?? {}).map((query) => ({ ...example, query })),
      ...(example.form === undefined
        ? []
        : textMutations(example.form).map((form) => ({ ...example, form }))),
      ...(example.body === undefined ? [] : mutations(example.body).map((body) => ({ ...example, body }))),
    ];
    const isRuledOut = (one: Example) => {
      const { query = {}, body } = one;
      return operation?.request({ ...request, query, body, text: textOf(one) ?? '' }).length !== 0;
    };
    const ruledOut = changed.filter(isRuledOut);
    expect(ruledOut.length).toBeGreaterThan(0);
    for (const one of ruledOut) {
      const answer = await send(sandbox, one);
      expect({ ...one, status: answer.status }).toEqual({ ...one, status: 400 });
    }
  },
);

import { describe, it } from 'vitest';
import { type Case, KEY, leaksOf, testEach } from './canary.ts';

const CASES: Readonly<Record<string, Case>> = {
  'a payload with the key under a name that is not known': {
    payload: { 'api-key': KEY, apiKey: { value: KEY } },
  },
  'a payload with the key as a name': { payload: { [KEY]: true, [`x ${KEY}`]: 1, [KEY.toUpperCase()]: 1 } },
  'a payload with the key under a name that is known': {
    payload: { dryRun: KEY, batchSize: KEY, region: [KEY], neverBlacklist: [{ KEY }], secretId: { KEY } },
  },
  'a payload that is the key': { payload: KEY },
  'a payload with the key behind a name that may be shown': {
    payload: { secretId: `prefix/${KEY}`, targetName: KEY.slice(0, 60), neverBlacklist: [KEY.slice(10, 60)] },
  },
  'addresses with the key in their query': {
    options: {
      environment: {
        CASTAI_API_URL: `http://127.0.0.1:1/?key=${KEY}`,
        SPOT_ADVISOR_URL: `http://127.0.0.1:1/${KEY}/feed.json?key=${KEY}`,
      },
    },
    waits: true,
  },
  'an address of the feed with the key in it': {
    options: { environment: { SPOT_ADVISOR_URL: `http://127.0.0.1:1/${KEY}/feed.json?key=${KEY}` } },
    waits: true,
  },
  'a secret with the key in quotes as the cluster': {
    arrange: ({ sandbox }) => sandbox.putSecret({ 'cluster-id': `"${KEY}"`, 'org-id': ` ${KEY}` }),
  },
  'an environment with the key in the wrong variables': {
    options: { environment: { DRY_RUN: KEY, BATCH_SIZE: KEY, CASTAI_API_URL: `https://${KEY}@api.cast.ai` } },
  },
};

testEach(CASES);

describe.concurrent('no result, log or error has a piece of the API key that is given', () => {
  it.for<[string, Case]>([
    [
      'as the organization',
      { arrange: ({ sandbox }) => sandbox.putSecret({ 'org-id': KEY }), options: { timeoutSeconds: 20 } },
    ],
    ['as the cluster', { arrange: ({ sandbox }) => sandbox.putSecret({ 'cluster-id': KEY }) }],
    [
      'in exchange for the organization',
      {
        arrange: ({ sandbox }) =>
          sandbox.putSecret({ 'org-id': KEY, 'api-key': sandbox.castai.organizationId }),
      },
    ],
    [
      'in exchange for the cluster',
      {
        arrange: ({ sandbox }) =>
          sandbox.putSecret({ 'cluster-id': KEY, 'api-key': sandbox.castai.clusters[0]?.id }),
      },
    ],
    [
      'as the cluster, with a key that may not read clusters',
      {
        arrange: ({ sandbox }) => sandbox.putSecret({ 'cluster-id': KEY }),
        options: {
          sandbox: { castai: { keyMayReadClusters: false } },
          environment: { REGION: 'us-east-1' },
        },
      },
    ],
    ['as the name of the secret', { options: { environment: { SECRET_ID: KEY } } }],
  ])('%s', async ([, one], { expect }) => {
    expect((await leaksOf(one)).leaks).toEqual([]);
  });
});

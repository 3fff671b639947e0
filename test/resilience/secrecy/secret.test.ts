import { SECRET_NAME } from '../../sandbox/sandbox.ts';
import { answering, type Deployment } from '../../support/deployment.ts';
import { type Case, KEY, testEach, withFault } from './canary.ts';

const withSecret =
  (text: string | Buffer) =>
  ({ sandbox }: Deployment) => {
    sandbox.secrets.put(SECRET_NAME, text);
  };

const secret = JSON.stringify({
  'api-key': KEY,
  'org-id': '3f1c2b4a-1111-4222-8333-444455556666',
  'cluster-id': '0a9b8c7d-1111-4222-8333-444455556666',
});

const CASES: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(
    Object.entries({
      'is the key alone': KEY,
      'is the key in quotes': JSON.stringify(KEY),
      'is cut off': secret.slice(0, -4),
      'has single quotes': secret.replaceAll('"', "'"),
      'has a comma too many': secret.replace('}', ',}'),
      'is a list': `[${secret}]`,
      'is JSON in a text': JSON.stringify(secret),
      'is lines': `api-key=${KEY}\norg-id=an-organization`,
      'has a line break after the key': secret.replace(KEY, `${KEY}\\n`),
      'has Bearer before the key': secret.replace(KEY, `Bearer ${KEY}`),
      'has the key in a list': secret.replace(`"${KEY}"`, `["${KEY}"]`),
      'has the key as a name': JSON.stringify({ [KEY]: 'api-key' }),
      'has the key under another name': secret.replace('api-key', 'apiKey'),
      'is binary': Buffer.from(secret),
    }).map(([how, text]): [string, Case] => [`a secret that ${how}`, { arrange: withSecret(text) }]),
  ),
  'Secrets Manager echoing the secret in a refusal': {
    arrange: withFault(
      'secret',
      answering(400, { body: JSON.stringify({ __type: 'X', Message: secret, secret }) }),
    ),
  },
  'Secrets Manager echoing the secret in a failure': {
    arrange: withFault('secret', answering(500, { body: secret, headers: { 'x-amzn-requestid': KEY } })),
  },
  'Secrets Manager answering with half of its JSON': {
    arrange: withFault('secret', {
      kind: 'body',
      body: `{"SecretString":"${KEY}`,
      contentType: 'application/x-amz-json-1.1',
    }),
  },
  'Secrets Manager answering with something that is no text': {
    arrange: withFault('secret', { kind: 'body', body: JSON.stringify({ SecretString: [KEY] }) }),
  },
};

testEach(CASES);

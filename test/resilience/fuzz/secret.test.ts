// The secret, malformed in every way: just what it holds is used, or no part of it is shown.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseJson } from '../../../cli/demo/sandbox/http/exchange.ts';
import { readCredentials } from '../../../lambda/aws/secret.ts';
import { isObject } from './fuzz-run.ts';
import { type Json, textOf } from './malformed.ts';

/** In every value, right or wrong, so that none can be quoted unnoticed; in numbers, the digits. */
const TRACE = 'quetzal';
const DIGITS = 98_765;

const KEY = `castai_v1_${TRACE}-key_1`;
const ID = '3f1c2b4a-1111-4222-8333-444455556666';
const OTHER = '0A9B8C7D-1111-4222-8333-444455556666';
const NO_IDS = [`${TRACE}-id`, 'castai_v22_x', ID.replaceAll('-', ''), `{${ID}}`, ` ${ID}`, `${ID}0`];
const NEARLY = [
  ...[`${TRACE} 1`, `${TRACE}\n`, `\t${TRACE}`, `${TRACE}é`, `${TRACE}\u0000`, '', ' ', null, DIGITS],
  ...[TRACE.repeat(73), TRACE.repeat(74), [TRACE], { [TRACE]: TRACE }, KEY, KEY.toUpperCase()],
];
const NEAR = {
  'api-key': [...NEARLY, `${TRACE}-key`, `${TRACE}-organization`],
  'org-id': [...NEARLY, ...NO_IDS, OTHER, '*'],
  // Nothing must not be taken for the whole fleet.
  'cluster-id': [...NEARLY, ...NO_IDS, null, null, '', '', OTHER, '*', '**', '* '],
};
const SECRETS = fc.constantFrom<Json[]>(
  { 'api-key': `${TRACE}-key`, 'org-id': ID, 'cluster-id': OTHER },
  { 'api-key': KEY, 'org-id': OTHER, 'cluster-id': ID },
  { 'api-key': KEY, 'org-id': ID, 'cluster-id': '*' },
  { 'api-key': KEY, 'org-id': ID },
  { 'api-key': `${TRACE}-key`, 'org-id': ID, 'cluster-id': '*', [TRACE]: TRACE },
);

it('any secret yields exactly its credentials, or an error that reveals nothing of them', () => {
  fc.assert(
    fc.property(textOf(SECRETS, NEAR), (text) => {
      const held = credentialsIn(text);
      if (held !== null) {
        expect(readCredentials(text, 'the-name')).toEqual(held);
        return;
      }
      const error = thrownBy(() => readCredentials(text, 'the-name'));
      expect(error).toMatchObject({ name: 'SecretError', code: 'SECRET_INVALID' });
      const { message } = error as Error;
      expect(message).toContain('the-name');
      for (const part of [TRACE, TRACE.toUpperCase(), String(DIGITS)]) {
        expect(message).not.toContain(part);
      }
      // Loggers print it, whatever it holds.
      expect((error as Error).cause).toBeUndefined();
    }),
    { numRuns: 8000 },
  );
});

/** What a secret's text holds, by the README; null if it is not what it should be. */
function credentialsIn(text: string) {
  const secret = parseJson(text);
  if (!isObject(secret)) return null;
  const { 'api-key': apiKey, 'org-id': organizationId, 'cluster-id': clusterId } = secret;
  const isCredential = (value: unknown) => typeof value === 'string' && /^[!-~]{1,512}$/.test(value);
  // A key in the place of an id would be shown.
  const isId = (value: unknown) =>
    typeof value === 'string' &&
    /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value) &&
    value !== apiKey;
  // A key that is nearly one of the three is not taken for a comment.
  const names = ['api-key', 'org-id', 'cluster-id'];
  const isNearly = (name: string) =>
    !names.includes(name) && names.some((known) => lettersOf(known) === lettersOf(name));
  if (Object.keys(secret).some(isNearly)) return null;
  const isWhole = clusterId === '*';
  if (!isCredential(apiKey) || !isId(organizationId) || !(isWhole || isId(clusterId))) return null;
  return { apiKey, organizationId, clusterId: isWhole ? null : clusterId };
}

function lettersOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z]/g, '');
}

function thrownBy(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

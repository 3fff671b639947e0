import type { Fault } from '../../sandbox/http/faults.ts';

/** The ways in which a service can fail a request. */
export type Kind = keyof typeof KINDS;

/** A fault, how often it happens, and its title in the table. */
interface KindOfFault {
  readonly title: string;
  /** `gone`: from that request on, nothing listens. */
  readonly fault: Fault | 'gone';
  /** How often; left out: always. */
  readonly times?: number;
}

const status = (code: number, headers: Record<string, string> = {}): Fault => {
  return { kind: 'status', status: code, headers };
};
/** More than is ever read of a response. Zeros compress well, but nothing is compressed here. */
const TOO_LARGE = Buffer.from(`{"SecretString":"${'0'.repeat(26_000_000)}"}`);

export const KINDS = {
  refused: { title: 'connection refused', fault: 'gone' },
  reset: { title: 'connection reset', fault: { kind: 'reset' } },
  hang: { title: 'no answer', fault: { kind: 'hang' } },
  401: { title: '401', fault: status(401) },
  403: { title: '403', fault: status(403) },
  404: { title: '404', fault: status(404) },
  409: { title: '409', fault: status(409) },
  429: { title: '429', fault: status(429) },
  '429 once': { title: '429 once, `Retry-After: 1`', fault: status(429, { 'retry-after': '1' }), times: 1 },
  '429 absurd': { title: '429, `Retry-After: 86400`', fault: status(429, { 'retry-after': '86400' }) },
  500: { title: '500', fault: status(500) },
  '503 twice': { title: '503 for a while', fault: status(503), times: 2 },
  html: { title: '200 with HTML', fault: { kind: 'body', body: '<html>Bad Gateway</html>' } },
  'cut off': { title: '200, cut off', fault: { kind: 'truncate' } },
  junk: {
    title: '200 with other JSON',
    fault: { kind: 'body', body: '{"items":[7],"ranges":[]}', contentType: 'application/json' },
  },
  empty: {
    title: '200 with an empty list',
    fault: { kind: 'body', body: '{"items":[]}', contentType: 'application/json' },
  },
  large: {
    title: '200 with 26 MB',
    fault: { kind: 'body', body: TOO_LARGE, contentType: 'application/json' },
  },
} satisfies Readonly<Record<string, KindOfFault>>;

export const kindOf = (kind: Kind): KindOfFault => KINDS[kind];

/** In the order of the table; JavaScript would put the numbers first. */
export const ALL_KINDS = [
  'refused',
  'reset',
  'hang',
  401,
  403,
  404,
  409,
  429,
  '429 once',
  '429 absurd',
  500,
  '503 twice',
  'html',
  'cut off',
  'junk',
  'empty',
  'large',
] as const satisfies readonly Kind[];

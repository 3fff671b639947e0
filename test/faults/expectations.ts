import { ALL_KINDS, type Kind } from './kinds.ts';
import type { Point } from './points.ts';

/** How a run ends: well, or with the error of this code. */
export type Ending = 'completed' | keyof typeof ERROR_NAMES;

/** The name that goes with a code. */
export const ERROR_NAMES = {
  SECRET_UNREACHABLE: 'SecretError',
  SECRET_INVALID: 'SecretError',
  FEED_UNREACHABLE: 'FeedError',
  FEED_MALFORMED: 'FeedError',
  CASTAI_UNREACHABLE: 'CastAiError',
  CASTAI_BUSY: 'CastAiError',
  CASTAI_REFUSED: 'CastAiError',
  CASTAI_MALFORMED: 'CastAiError',
  KEY_REJECTED: 'CastAiAuthError',
  KEY_FORBIDDEN: 'CastAiAuthError',
  CLUSTER_NOT_FOUND: 'ClusterError',
  RUN_INCOMPLETE: 'RunIncompleteError',
} as const;

/** What gets over by itself, wherever it happens. */
const PASSING: Partial<Record<Kind, Ending>> = { '429 once': 'completed', '503 twice': 'completed' };

const REFUSED_KEY: Partial<Record<Kind, Ending>> = { 401: 'KEY_REJECTED', 403: 'KEY_FORBIDDEN' };

const CASTAI_READ: Partial<Record<Kind, Ending>> = {
  ...PASSING,
  ...REFUSED_KEY,
  404: 'CASTAI_REFUSED',
  409: 'CASTAI_REFUSED',
  '429 absurd': 'CASTAI_BUSY',
  html: 'CASTAI_MALFORMED',
  junk: 'CASTAI_MALFORMED',
};

/** Of each point the ending that most faults come to, and the faults that end otherwise. */
const ENDINGS: Readonly<Record<Point, { most: Ending; but: Partial<Record<Kind, Ending>> }>> = {
  secret: {
    most: 'SECRET_UNREACHABLE',
    but: { ...PASSING, junk: 'SECRET_INVALID', large: 'SECRET_INVALID' },
  },
  feed: {
    most: 'FEED_UNREACHABLE',
    but: { ...PASSING, html: 'FEED_MALFORMED', junk: 'FEED_MALFORMED' },
  },
  cluster: { most: 'CASTAI_UNREACHABLE', but: { ...CASTAI_READ, 404: 'CLUSTER_NOT_FOUND' } },
  fleet: { most: 'CASTAI_UNREACHABLE', but: CASTAI_READ },
  // A key for one cluster may not read it: a warning.
  shared: { most: 'CASTAI_UNREACHABLE', but: { ...CASTAI_READ, 403: 'completed' } },
  list: { most: 'CASTAI_UNREACHABLE', but: CASTAI_READ },
  add: {
    most: 'RUN_INCOMPLETE',
    // What is cut off has taken effect, and the list shows it.
    but: { ...PASSING, ...REFUSED_KEY, 'cut off': 'completed' },
  },
  'taken add': { most: 'completed', but: { ...REFUSED_KEY, refused: 'RUN_INCOMPLETE' } },
  verify: { most: 'RUN_INCOMPLETE', but: PASSING },
  replacement: { most: 'RUN_INCOMPLETE', but: { ...PASSING, ...REFUSED_KEY, 'cut off': 'completed' } },
};

/** The table: how a run ends when this goes wrong at that point. */
export function endingOf(point: Point, kind: Kind): Ending {
  const { most, but } = ENDINGS[point];
  return but[kind] ?? most;
}

/** Every point with every kind. */
export function allRows(points: readonly Point[]): { point: Point; kind: Kind }[] {
  return points.flatMap((point) => ALL_KINDS.map((kind) => ({ point, kind })));
}

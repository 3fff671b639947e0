import { ALL_KINDS, type Kind } from './kinds.ts';
import type { Point } from './points.ts';
import { ADDED_TYPE, CALM_TYPE, OPEN_TYPES, RENEWED_TYPE } from './situation.ts';

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
  CASTAI_CONTRADICTORY: 'CastAiError',
  CASTAI_TOO_LARGE: 'CastAiError',
  KEY_REJECTED: 'CastAiAuthError',
  KEY_FORBIDDEN: 'CastAiAuthError',
  CLUSTER_NOT_FOUND: 'ClusterError',
  NO_CLUSTERS: 'ClusterError',
  QUEUE_UNREACHABLE: 'QueueError',
  QUEUE_REFUSED: 'QueueError',
  RUN_INCOMPLETE: 'RunIncompleteError',
} as const;

/** Temporary faults, wherever they happen. */
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
  empty: 'CASTAI_CONTRADICTORY',
  large: 'CASTAI_TOO_LARGE',
};

/** Without them, nothing new is added; that a key may never read them is a warning. */
const TEMPLATES: { most: Ending; but: Partial<Record<Kind, Ending>> } = {
  most: 'RUN_INCOMPLETE',
  but: { ...PASSING, 401: 'KEY_REJECTED', 403: 'completed', 404: 'completed', empty: 'completed' },
};

/** Reads that a run does not need; but if every service is down, it cannot write either. */
const OPTIONAL_READ: { most: Ending; but: Partial<Record<Kind, Ending>> } = {
  most: 'completed',
  but: { 401: 'KEY_REJECTED', refused: 'RUN_INCOMPLETE' },
};

/** What is cut off has taken effect, and the list shows it. */
const CASTAI_WRITE: Partial<Record<Kind, Ending>> = { ...PASSING, ...REFUSED_KEY, 'cut off': 'completed' };

/** Of each point the ending that most faults come to, and the faults that end otherwise. */
const ENDINGS: Readonly<Record<Point, { most: Ending; but: Partial<Record<Kind, Ending>> }>> = {
  secret: {
    most: 'SECRET_UNREACHABLE',
    but: { ...PASSING, junk: 'SECRET_INVALID', empty: 'SECRET_INVALID', large: 'SECRET_INVALID' },
  },
  feed: {
    most: 'FEED_UNREACHABLE',
    but: {
      ...PASSING,
      html: 'FEED_MALFORMED',
      junk: 'FEED_MALFORMED',
      empty: 'FEED_MALFORMED',
      large: 'FEED_MALFORMED',
    },
  },
  cluster: {
    most: 'CASTAI_UNREACHABLE',
    but: { ...CASTAI_READ, 404: 'CLUSTER_NOT_FOUND', empty: 'CASTAI_MALFORMED' },
  },
  fleet: { most: 'CASTAI_UNREACHABLE', but: { ...CASTAI_READ, empty: 'NO_CLUSTERS' } },
  queue: {
    most: 'QUEUE_REFUSED',
    but: {
      ...PASSING,
      refused: 'QUEUE_UNREACHABLE',
      reset: 'QUEUE_UNREACHABLE',
      hang: 'QUEUE_UNREACHABLE',
      'cut off': 'QUEUE_UNREACHABLE',
    },
  },
  // A key for one cluster may not read it, and it grows with every cluster: a warning.
  shared: {
    most: 'CASTAI_UNREACHABLE',
    but: { ...CASTAI_READ, 403: 'completed', empty: 'completed', large: 'completed' },
  },
  list: { most: 'CASTAI_UNREACHABLE', but: CASTAI_READ },
  // AWS's bands decide; but where everything is gone, nothing can be written either.
  evidence: { most: 'completed', but: { refused: 'RUN_INCOMPLETE' } },
  'evidence status': { most: 'completed', but: { refused: 'RUN_INCOMPLETE' } },
  templates: TEMPLATES,
  nodes: OPTIONAL_READ,
  'fallback nodes': OPTIONAL_READ,
  policies: OPTIONAL_READ,
  add: { most: 'RUN_INCOMPLETE', but: CASTAI_WRITE },
  'taken add': { most: 'completed', but: { ...REFUSED_KEY, refused: 'RUN_INCOMPLETE' } },
  verify: { most: 'RUN_INCOMPLETE', but: { ...PASSING, ...REFUSED_KEY } },
  removal: { most: 'RUN_INCOMPLETE', but: CASTAI_WRITE },
  // Waiting for an answer takes the time in which the others would have been renewed.
  'taken removal': {
    most: 'completed',
    but: { ...REFUSED_KEY, refused: 'RUN_INCOMPLETE', hang: 'RUN_INCOMPLETE' },
  },
  replacement: { most: 'RUN_INCOMPLETE', but: CASTAI_WRITE },
  'replaced list': { most: 'RUN_INCOMPLETE', but: { ...PASSING, ...REFUSED_KEY } },
  release: { most: 'RUN_INCOMPLETE', but: CASTAI_WRITE },
  'urgent release': { most: 'RUN_INCOMPLETE', but: CASTAI_WRITE },
  // It is logged, and the outcome is unchanged.
  event: { most: 'completed', but: {} },
};

/** The table: how a run ends when this goes wrong at that point. */
export function endingOf(point: Point, kind: Kind): Ending {
  const { most, but } = ENDINGS[point];
  return but[kind] ?? most;
}

/** The risky types that are open after such a run; null where that depends on what was under way at that moment. */
export function openAfter(point: Point, kind: Kind): readonly string[] | null {
  const ending = endingOf(point, kind);
  if (ending === 'completed') return [];
  switch (point) {
    case 'add':
      return ending === 'RUN_INCOMPLETE' && kind !== 'refused' ? [ADDED_TYPE] : null;
    case 'templates':
      return ending === 'RUN_INCOMPLETE' && kind !== 'refused' ? OPEN_TYPES : null;
    case 'verify':
    case 'removal':
    case 'replaced list':
      return [];
    // Only that nobody listens any longer keeps it from being added again.
    case 'taken removal':
      return kind === 'refused' ? [RENEWED_TYPE] : [];
    // Removing it was the only way to renew it; that it happened to one tells not to try the next.
    case 'replacement':
      return [RENEWED_TYPE];
    case 'release':
      return kind === 'refused' ? null : [];
    // It comes first, and a refused key ends the run with it.
    case 'urgent release':
      return kind === 'refused' || ending !== 'RUN_INCOMPLETE' ? null : [];
    default:
      return null;
  }
}

/** The types that are no longer risky and still have an entry: what is not to be released is left to lapse. */
export function calmAfter(point: Point, kind?: Kind): readonly string[] {
  const releases = point === 'release' || point === 'urgent release';
  const isReleased = releases && (kind === undefined || endingOf(point, kind) === 'completed');
  return isReleased ? [] : [CALM_TYPE];
}

/** Every point with every kind. */
export function allRows(points: readonly Point[]): { point: Point; kind: Kind }[] {
  return points.flatMap((point) => ALL_KINDS.map((kind) => ({ point, kind })));
}

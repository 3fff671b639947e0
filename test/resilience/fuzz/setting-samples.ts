// What every setting may be, and what it may not although it nearly could. Written by hand, and not derived from
// lambda/settings/table.ts, so that a mistake there is noticed.

import {
  address,
  flag,
  globs,
  NOT_IN_PAYLOAD,
  NOWHERE,
  nameGlobs,
  number,
  type SettingSamples,
  same,
  setting,
  TRACE,
  word,
} from './sample-kinds.ts';

export const SETTINGS: readonly SettingSamples[] = [
  word(
    'secretId',
    'SECRET_ID',
    [
      ...same('castai', 'spot-blacklist/castai', 'arn:aws:secretsmanager:us-east-1:1:secret:castai-Ab'),
      [' castai ', 'castai'],
    ],
    [`castai_v1_${TRACE}`, `x:castai_v1_${TRACE}`, TRACE.repeat(6), `${TRACE}\u0000`],
  ),
  word(
    'targetName',
    'TARGET_NAME',
    [...same('default', 'Team.a_b-2'), [' blue ', 'blue']],
    [`-${TRACE}`, `${TRACE}/x`, TRACE.repeat(10), `${TRACE}: `],
  ),
  word(
    'formerTargetName',
    'FORMER_TARGET_NAME',
    [...same('default', 'Team.a_b-2'), [' blue ', 'blue']],
    [`-${TRACE}`, `${TRACE}/x`, TRACE.repeat(10), `${TRACE}: `],
  ),
  { ...number('scheduleGapMinutes', 'SCHEDULE_GAP_MINUTES', [60, 1, 10080], [0, 10081]), ...NOT_IN_PAYLOAD },
  word(
    'region',
    'REGION',
    [...same('us-east-1', 'eu-west-1'), ['US-East-1', 'us-east-1']],
    [`${TRACE}_1`, TRACE.repeat(5)],
  ),
  word('os', 'OS', [...same('Linux', 'windows'), [' Linux', 'Linux']], [`${TRACE}*`, TRACE.repeat(5)]),
  number('interruptionThreshold', 'INTERRUPTION_THRESHOLD', [20, 0, 1, 12.5, 99.9], [100, -1, 0.2]),
  number('blacklistHours', 'BLACKLIST_HOURS', [5, 1, 168, 1.5], [0, 0.9, 169]),
  flag('dryRun', 'DRY_RUN', false),
  number('batchSize', 'BATCH_SIZE', [10, 1, 100], [0, 1.5, 101]),
  number('batchPause', 'BATCH_PAUSE', [5, 0, 0.2, 300], [-0.1, 301]),
  number('minTypesPerArchitecture', 'MIN_TYPES_PER_ARCHITECTURE', [15, 0, 400], [-1, 1.5]),
  number('minFamiliesPerArchitecture', 'MIN_FAMILIES_PER_ARCHITECTURE', [5, 0, 40], [-1, 1.5]),
  number('minTypesPerTemplate', 'MIN_TYPES_PER_TEMPLATE', [5, 0, 40], [-1, 1.5]),
  number('maxBlacklistShare', 'MAX_BLACKLIST_SHARE', [0.9, 0, 1], [1.1, -0.1, 90]),
  nameGlobs('clusters', 'CLUSTERS'),
  nameGlobs('exceptClusters', 'EXCEPT_CLUSTERS'),
  globs('neverBlacklist', 'NEVER_BLACKLIST'),
  globs('alwaysBlacklist', 'ALWAYS_BLACKLIST'),
  flag('releaseCalm', 'RELEASE_CALM', true),
  word(
    'ownEvidence',
    'OWN_EVIDENCE',
    [...same('off', 'report', 'decide'), [' Report', 'report']],
    [TRACE, `off,${TRACE}`, 'yes'],
  ),
  number('ownEvidenceDays', 'OWN_EVIDENCE_DAYS', [14, 1, 90], [0, 91, 1.5]),
  word(
    'ownEvidenceRegion',
    'OWN_EVIDENCE_REGION',
    [...same('us-east-1', 'eu-west-1'), ['US-East-1', 'us-east-1']],
    [`${TRACE}_1`, TRACE.repeat(5)],
  ),
  address(
    'castaiApiUrl',
    'CASTAI_API_URL',
    [
      ...same(
        'https://api.cast.ai',
        'https://api.eu.cast.ai',
        'https://api.india.cast.ai',
        'http://localhost:1',
      ),
      ['https://api.eu.cast.ai/', 'https://api.eu.cast.ai'],
    ],
    [
      ...[`https://${TRACE}.example`, `https://api.cast.ai.${TRACE}`, `https://api.cast.ai/${TRACE}`],
      ...[`http://localhost:1?${TRACE}`, `http://localhost:1/#${TRACE}`],
    ],
  ),
  address(
    'spotAdvisorUrl',
    'SPOT_ADVISOR_URL',
    same('https://feeds.example/spot.json', 'http://127.0.0.1:1/spot.json', 'http://[::1]:1/'),
    ['HTTP://feeds.example/spot.json'],
  ),
  // The payload has no such key.
  setting('eventBus', 'EVENT_BUS', {
    values: [],
    texts: [
      ...same('default', 'arn:aws:events:eu-west-1:123456789012:event-bus/team.a'),
      [' default ', 'default'],
    ],
    wrongValues: [],
    wrongTexts: [NOWHERE, '', ' ', `castai_v1_${TRACE}`, `${TRACE}\u0000`],
  }),
  address(
    'fanOutQueueUrl',
    'FAN_OUT_QUEUE_URL',
    same('https://sqs.eu-west-1.amazonaws.com/123456789012/jobs.fifo', 'http://127.0.0.1:1/jobs.fifo'),
    [],
  ),
];

/** What each setting is where nothing is said; those that are missing here have to be given. */
export const DEFAULTS: Readonly<Record<string, unknown>> = {
  targetName: 'default',
  formerTargetName: null,
  eventBus: null,
  fanOutQueueUrl: null,
  region: null,
  scheduleGapMinutes: null,
  blacklistHours: 5,
  dryRun: false,
  batchSize: 10,
  batchPause: 5,
  minTypesPerArchitecture: 15,
  minFamiliesPerArchitecture: 5,
  minTypesPerTemplate: 5,
  maxBlacklistShare: 0.9,
  clusters: [],
  exceptClusters: [],
  ownEvidence: 'off',
  ownEvidenceDays: 14,
  ownEvidenceRegion: null,
  neverBlacklist: [],
  alwaysBlacklist: [],
  releaseCalm: false,
  castaiApiUrl: 'https://api.cast.ai',
  spotAdvisorUrl: 'https://spot-bid-advisor.s3.amazonaws.com/spot-advisor-data.json',
};

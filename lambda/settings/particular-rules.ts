import * as v from 'valibot';
import { TARGET_NAME } from '../domain/markers.ts';
import { address, numeric, word } from './rules.ts';

/*
 * The rules of single settings, as far as they are more than a kind in rules.ts.
 */

export const EVIDENCE_MODES = ['off', 'report', 'decide'] as const;

/** The CAST AI API's addresses: US, EU, India. */
export const CASTAI_API_URLS = ['https://api.cast.ai', 'https://api.eu.cast.ai', 'https://api.india.cast.ai'];

export const castaiApiUrl = v.pipe(
  address(`${CASTAI_API_URLS.join(', ')}, or http:// on loopback`, ({ href }) =>
    CASTAI_API_URLS.includes(href.replace(/\/$/, '')),
  ),
  // Every request's path is appended to it.
  v.check((url) => !/[?#]/.test(url), 'must not have a query or a fragment'),
  v.transform((url) => url.replace(/(?<!\/)\/+$/, '')),
);
export const spotAdvisorUrl = address(
  'an https:// address, or http:// on loopback',
  ({ protocol }) => protocol === 'https:',
);
export const fanOutQueueUrl = v.pipe(
  address('the https:// address of an SQS FIFO queue', ({ protocol }) => protocol === 'https:'),
  v.check(
    (url) => /^[^?#]+\.fifo$/.test(url),
    'must be the address of an SQS FIFO queue, which ends with .fifo',
  ),
);
export const region = v.pipe(
  word(/^[a-zA-Z0-9-]{1,32}$/, 'an AWS region such as us-east-1').value,
  v.toLowerCase(),
);
export const targetName = word(
  new RegExp(`^${TARGET_NAME}$`),
  'up to 64 letters, digits, dots, underscores and hyphens',
);

const percentage = numeric('a percentage from 0 to below 100', (value) => value >= 0 && value < 100);

/** Every band reaches above a share such as 0.2, as above 0: 20 was meant. */
const isNoShare = v.check(
  (value: number) => value <= 0 || value >= 1,
  ({ input }) => `must be in percent, not a share (did you mean ${Number((100 * input).toFixed(6))}?)`,
);

export const interruptionThreshold = {
  value: v.pipe(percentage.value, isNoShare),
  text: v.pipe(percentage.text, isNoShare),
};

/** In lower case or not, as people write it in an environment. */
export const evidenceMode = v.pipe(
  v.string('must be off, report or decide'),
  v.trim(),
  v.toLowerCase(),
  v.picklist(EVIDENCE_MODES, 'must be off, report or decide'),
);

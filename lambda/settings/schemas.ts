import * as v from 'valibot';
import { address, flag, globs, numeric, whole, within, word } from './rules.ts';

/** The CAST AI API's addresses: US, EU, India. */
export const CASTAI_API_URLS = ['https://api.cast.ai', 'https://api.eu.cast.ai', 'https://api.india.cast.ai'];

export const OPERATIONS = ['apply', 'clear'] as const;

const targetName = word(
  /^[a-z0-9][a-z0-9._-]{0,63}$/i,
  'up to 64 letters, digits, dots, underscores and hyphens',
);

const rules = {
  operation: v.picklist(OPERATIONS, 'must be "apply" or "clear"'),
  secretId: word(/^[\w/+=.@:!-]{1,2048}$/, "a secret's name or ARN"),
  targetName,
  formerTargetName: targetName,
  region: word(/^[a-zA-Z0-9-]{1,32}$/, 'an AWS region such as us-east-1'),
  os: word(/^[\w ./-]{1,32}$/, 'an operating system of the feed such as Linux'),
  interruptionThreshold: numeric('a percentage from 0 to below 100', (value) => value >= 0 && value < 100),
  blacklistHours: numeric('a number of hours from 1 to 168', within(1, 168)),
  dryRun: flag(),
  batchSize: numeric('a whole number of requests from 1 to 100', whole(1, 100)),
  batchPause: numeric('a number of seconds from 0 to 300', within(0, 300)),
  minTypesPerArchitecture: numeric('a whole number of types, 0 or more', whole(0)),
  minFamiliesPerArchitecture: numeric('a whole number of families, 0 or more', whole(0)),
  maxBlacklistShare: numeric('a share from 0 to 1', within(0, 1)),
  neverBlacklist: globs(),
  alwaysBlacklist: globs(),
  releaseCalm: flag(),
};

/** The settings that a payload may hold, each by its key; every one is optional. */
export const payloadSchema = v.object({
  operation: v.exactOptional(rules.operation),
  secretId: v.exactOptional(rules.secretId.value),
  targetName: v.exactOptional(rules.targetName.value),
  formerTargetName: v.exactOptional(rules.formerTargetName.value),
  region: v.exactOptional(rules.region.value),
  os: v.exactOptional(rules.os.value),
  interruptionThreshold: v.exactOptional(rules.interruptionThreshold.value),
  blacklistHours: v.exactOptional(rules.blacklistHours.value),
  dryRun: v.exactOptional(rules.dryRun.value),
  batchSize: v.exactOptional(rules.batchSize.value),
  batchPause: v.exactOptional(rules.batchPause.value),
  minTypesPerArchitecture: v.exactOptional(rules.minTypesPerArchitecture.value),
  minFamiliesPerArchitecture: v.exactOptional(rules.minFamiliesPerArchitecture.value),
  maxBlacklistShare: v.exactOptional(rules.maxBlacklistShare.value),
  neverBlacklist: v.exactOptional(rules.neverBlacklist.value),
  alwaysBlacklist: v.exactOptional(rules.alwaysBlacklist.value),
  releaseCalm: v.exactOptional(rules.releaseCalm.value),
});

/** The environment's variables, each with its default; those of the payload's settings have the same rules. */
export const environmentSchema = v.object({
  SECRET_ID: v.optional(rules.secretId.text),
  TARGET_NAME: v.optional(rules.targetName.text, 'default'),
  FORMER_TARGET_NAME: v.optional(rules.formerTargetName.text),
  REGION: v.optional(rules.region.text),
  OS: v.optional(rules.os.text),
  INTERRUPTION_THRESHOLD: v.optional(rules.interruptionThreshold.text),
  BLACKLIST_HOURS: v.optional(rules.blacklistHours.text, '5'),
  DRY_RUN: v.optional(rules.dryRun.text, 'false'),
  BATCH_SIZE: v.optional(rules.batchSize.text, '10'),
  BATCH_PAUSE: v.optional(rules.batchPause.text, '5'),
  MIN_TYPES_PER_ARCHITECTURE: v.optional(rules.minTypesPerArchitecture.text, '15'),
  MIN_FAMILIES_PER_ARCHITECTURE: v.optional(rules.minFamiliesPerArchitecture.text, '5'),
  MAX_BLACKLIST_SHARE: v.optional(rules.maxBlacklistShare.text, '0.9'),
  NEVER_BLACKLIST: v.optional(rules.neverBlacklist.text, ''),
  ALWAYS_BLACKLIST: v.optional(rules.alwaysBlacklist.text, ''),
  RELEASE_CALM: v.optional(rules.releaseCalm.text, 'false'),
  CASTAI_API_URL: v.optional(
    v.pipe(
      address(`${CASTAI_API_URLS.join(', ')}, or http:// on loopback`, ({ href }) =>
        CASTAI_API_URLS.includes(href.replace(/\/$/, '')),
      ),
      // It is the start of every address that is called.
      v.check((url) => !/[?#]/.test(url), 'must not have a query or a fragment'),
      v.transform((url) => url.replace(/\/+$/, '')),
    ),
    'https://api.cast.ai',
  ),
  SPOT_ADVISOR_URL: v.optional(
    address('an https:// address, or http:// on loopback', ({ protocol }) => protocol === 'https:'),
    'https://spot-bid-advisor.s3.amazonaws.com/spot-advisor-data.json',
  ),
});

import { Annotations, Aspects, Stack, Token } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import { RegionInfo } from 'aws-cdk-lib/region-info';
import type { Construct, IConstruct } from 'constructs';
import { suggestion } from '../../lambda/input/near-names.ts';
import { LONGEST_BLACKLIST, SETTINGS } from '../../lambda/settings/table.ts';
import { outlastsLostRun, RUN_TIMEOUT, type Schedule } from './schedule.ts';
import type { SpotBlacklistSettings } from './target-settings.ts';

/** A configuration that works, but not reliably. */
export interface Warning {
  /** Stable: users can acknowledge it by this. */
  readonly id: string;
  readonly message: string;
}

interface Target {
  readonly targetName: string;
  readonly blacklistHours: number;
  readonly region?: string;
  readonly ownEvidenceRegion?: string;
}

/** @returns problems that the user should know about, but that synth accepts */
export function warningsAbout(
  target: Target,
  schedule: Schedule,
  { runbookUrl, fanOut = false }: { readonly runbookUrl?: string; readonly fanOut?: boolean },
): Warning[] {
  return [
    ...shortOfTime(target, schedule, fanOut),
    ...overlappingRuns(schedule),
    ...(fanOut ? unevenRounds(schedule) : []),
    ...withoutRunbook(runbookUrl),
    ...misspeltRegions(target),
  ];
}

/** Near the minimum that synth accepts, entries expire before the run that renews them has written them. */
function shortOfTime(
  { targetName, blacklistHours }: Target,
  { expression, longestGap }: Schedule,
  fanOut: boolean,
): Warning[] {
  if (Token.isUnresolved(blacklistHours) || outlastsLostRun(blacklistHours, longestGap, fanOut)) return [];
  const isTight = blacklistHours * 60 < 2 * longestGap + RUN_TIMEOUT;
  const always = isTight
    ? 'In every cycle, risky types are uncovered for minutes while a run renews them. '
    : '';
  const enough = WHOLE_HOURS.find(
    (hours) => hours > blacklistHours && outlastsLostRun(hours, longestGap, fanOut),
  );
  const advice = enough === undefined ? 'Run more often.' : `Blacklist for ${enough} h, or run more often.`;
  const message = `The target ${targetName} blacklists for ${blacklistHours} h, and its schedule is ${expression}. ${always}If one run is lost, risky types are uncovered until the next one renews them. ${advice}`;
  return [{ id: `short-cover-${targetName}`, message }];
}

const WHOLE_HOURS = Array.from({ length: LONGEST_BLACKLIST }, (_, index) => index + 1);

function overlappingRuns({ expression, shortestGap }: Schedule): Warning[] {
  if (shortestGap >= RUN_TIMEOUT) return [];
  const message = `${expression} starts runs ${shortestGap} minutes apart, but a run may take ${RUN_TIMEOUT}, and the feed changes about once a day. Once an hour is enough.`;
  return [{ id: 'overlapping-runs', message }];
}

/** Jobs are dropped only when the longest gap has passed, since the function does not know which gap it is in. */
function unevenRounds({ expression, shortestGap, longestGap }: Schedule): Warning[] {
  if (longestGap <= 2 * shortestGap) return [];
  const message = `${expression} starts rounds ${shortestGap} to ${longestGap} minutes apart. With fanOut, jobs wait for up to the longest of these, so if a round takes longer than the shortest, those of several rounds wait in the queue, and old ones delay new ones. Run at even intervals.`;
  return [{ id: 'uneven-rounds', message }];
}

/** Not refused: AWS opens regions that this version of CDK does not know yet. */
function misspeltRegions({ targetName, region, ownEvidenceRegion }: Target): Warning[] {
  const known = RegionInfo.regions.map(({ name }) => name);
  return Object.entries({ region, ownEvidenceRegion }).flatMap(([key, name]) => {
    if (name === undefined || Token.isUnresolved(name) || known.includes(name.toLowerCase())) return [];
    const message = `The ${key} of the target ${targetName} is ${name}, which CDK does not know${suggestion(name, known, 2)}. If that is a typing mistake, the function cannot use it.`;
    return [{ id: `unknown-${key}-${targetName}`, message }];
  });
}

function withoutRunbook(runbookUrl: string | undefined): Warning[] {
  if (runbookUrl !== undefined) return [];
  const message =
    'The alarms link to docs/operate.md, which does not open from an e-mail. Set runbookUrl to an address that your team can open.';
  return [{ id: 'runbook-url', message }];
}

/** If the stack's account is unknown until deployment, the secret may belong to another one. */
export function secretOfUnknownAccount(scope: Construct, secret: ISecret, key: IKey | undefined): Warning[] {
  const isKnown = !Token.isUnresolved(Stack.of(scope).account) || Token.isUnresolved(secret.env.account);
  if (isKnown || key !== undefined) return [];
  const message = `The secret belongs to the account ${secret.env.account}. If the stack is deployed to another one, encrypt the secret with a key of your own, and pass it as secretEncryptionKey. If the stack has an env, synth checks this.`;
  return [{ id: 'secret-account', message }];
}

/** How fast a target sends requests, and with which API key. */
interface Paced extends Pick<SpotBlacklistSettings, 'batchSize' | 'batchPause'> {
  readonly targetName: string;
  readonly secretId: string;
}

const { batchSize: SIZE, batchPause: PAUSE } = SETTINGS;

const PACES = new WeakMap<IConstruct, Paced>();

/**
 * Lets synth warn, once, if the enabled targets of a stack that share a secret may together be faster than one target with
 * the defaults: CAST AI limits by API key, and a run knows only its own pace.
 */
export function warnOfSharedKey(target: IConstruct, pace: Paced): void {
  PACES.set(target, pace);
  // Aspects run once the stack has all of its targets.
  Aspects.of(target).add({
    visit(node) {
      if (node !== target) return;
      const targets = Stack.of(target).node.findAll();
      const sharing = targets.filter((one) => PACES.get(one)?.secretId === pace.secretId);
      const message = sharing[0] === target && messageAbout(sharing.flatMap((one) => PACES.get(one) ?? []));
      if (message) Annotations.of(target).addWarningV2('spot-blacklist:shared-key', message);
    },
  });
}

/** @returns undefined if there is nothing to warn of */
function messageAbout(targets: readonly Paced[]): string | undefined {
  const isUnknown = targets.some((one) => Token.isUnresolved([one.batchSize, one.batchPause]));
  const [first, ...others] = targets;
  if (first === undefined || others.length === 0 || isUnknown) return undefined;
  const rate = targets.reduce(
    (sum, { batchSize = SIZE.default, batchPause = PAUSE.default }) => sum + batchSize / batchPause,
    0,
  );
  const limit = SIZE.default / PAUSE.default;
  if (rate <= limit) return undefined;
  const speed = Number.isFinite(rate) ? `${Math.round(rate * 10) / 10} requests a second` : 'without a pause';
  const names = targets.map(({ targetName }) => targetName).join(', ');
  return `${targets.length} targets share the API key in the secret ${first.secretId}: ${names}. If they run at the same time, they send ${speed}; one target sends ${limit} by default, and CAST AI publishes no rate limit. Set batchPause to ${PAUSE.default * targets.length} for each (with a batchSize of ${SIZE.default}), or give each a key of its own.`;
}

import { Annotations, Aspects, Stack, Token } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';
import { SETTINGS } from '../../lambda/settings/table.ts';
import type { SpotBlacklistSettings } from './target-settings.ts';

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
  // Not before the stack has all of its targets.
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

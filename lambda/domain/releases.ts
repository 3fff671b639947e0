import type { Blacklist } from './blacklist.ts';
import { type Decision, isCalmRelease } from './decision.ts';

/** Up to this many live own entries, releasing all at once is no sign of a broken feed. */
const FEW = 10;

/**
 * A suddenly calm region is more likely a broken feed, so a run does not release more than half of its live own entries at
 * once.
 *
 * @param released how many entries a run would release because their types are calm
 * @param own how many live entries the target has, in all clusters of the run
 */
export function isTooMuch(released: number, own: number): boolean {
  return own > FEW && released > own / 2;
}

/**
 * Lets entries of calm types lapse instead of releasing them. An entry without expiry would never lapse, so it gets one.
 *
 * @param expiresAt the new expiry of such an entry: milliseconds since 1970
 */
export function withoutReleases(
  decisions: readonly Decision[],
  { own }: Blacklist,
  expiresAt: number,
): Decision[] {
  return decisions.map((decision): Decision => {
    if (!isCalmRelease(decision)) return decision;
    const { action: _, urgent: __, ...facts } = decision;
    const reason = `${decision.reason}; not released, because more than half of the entries would be`;
    const until = own.get(decision.instanceType) ?? 0;
    return Number.isFinite(until)
      ? { ...facts, action: 'lapse', reason, expiresAt: until }
      : { ...facts, action: 'renew', reason, expiresAt };
  });
}

export function warnOfTooManyReleases(released: number, own: number): string {
  return `${released} of the ${own} live entries of this target would be released at once. A broken feed is more likely than a suddenly calm region, so they lapse instead. If the region is calm, no action is needed; clear removes them at once.`;
}

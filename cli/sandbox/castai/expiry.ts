import type { CastAiSwitches } from './castai-state.ts';

const HOUR_MS = 3_600_000;

/**
 * Returns the expiry that an entry gets if `asked` was requested.
 *
 * @param now milliseconds since the epoch
 */
export function grantedExpiry(
  asked: string | null,
  now: number,
  { maxExpiryHours = Number.POSITIVE_INFINITY, roundExpiryToSeconds, roundExpiryToMinutes }: CastAiSwitches,
): string | null {
  if (asked === null) return null;
  const granted = new Date(Math.min(Date.parse(asked), now + maxExpiryHours * HOUR_MS)).toISOString();
  if (roundExpiryToMinutes) return granted.replace(/:\d\d\.\d+Z$/, ':00Z');
  return roundExpiryToSeconds ? granted.replace(/\.\d+Z$/, 'Z') : granted;
}

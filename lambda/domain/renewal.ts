import type { Policy } from './decision.ts';
import { HOUR, hashOf } from './words.ts';

/** @returns half of an entry's requested lifetime, in milliseconds */
export function halfOf({ blacklistHours }: Policy): number {
  return (blacklistHours * HOUR) / 2;
}

/** The share of entries that are renewed early ... */
const EARLY = 0.3;

/** ... and by how much of their lifetime at most. */
const EARLIEST = 0.25;

/**
 * Entries written together would always be due together, so some are renewed early, different ones each time. Each is due
 * at the latest when half of its time is left, so entries outlast a lost run.
 *
 * @param expiresAt when the entry expires: milliseconds since 1970
 * @returns how many milliseconds before its expiry it is due for renewal
 */
function renewalPoint(clusterId: string, instanceType: string, expiresAt: number, policy: Policy): number {
  const hash = hashOf(`${clusterId} ${instanceType} ${expiresAt}`);
  return halfOf(policy) * (1 + 2 * EARLIEST * Math.max(0, 1 - hash / EARLY));
}

/** @returns whether an entry is due for renewal at a time; both times in milliseconds since 1970 */
export function isDueAt(
  time: number,
  clusterId: string,
  instanceType: string,
  expiresAt: number,
  policy: Policy,
): boolean {
  return expiresAt - time < renewalPoint(clusterId, instanceType, expiresAt, policy);
}

/** @returns the expiry of an entry written now: milliseconds since 1970 */
export function expiryFrom(now: number, { blacklistHours }: Policy): number {
  return Math.round(now + blacklistHours * HOUR);
}

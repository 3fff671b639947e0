import type { Blacklist } from './blacklist.ts';
import { type Decision, shownTime } from './decision.ts';

/** Up to so many live own entries, releasing them all at once is no sign of a broken feed. */
const FEW = 10;

/**
 * A region that is suddenly calm is likelier a broken feed: more than half of the live own entries are not released at
 * once, but left to lapse. What the never list names is released all the same: that is the user's own word.
 *
 * @param decisions the decisions as they would be without this limit
 */
export function limitReleases(
  decisions: readonly Decision[],
  isNever: (instanceType: string) => boolean,
  { own }: Blacklist,
): { decisions: readonly Decision[]; warnings: string[] } {
  const isLimited = ({ action, instanceType }: Decision) => action === 'release' && !isNever(instanceType);
  const released = decisions.filter(isLimited).length;
  if (own.size <= FEW || released <= own.size / 2) return { decisions, warnings: [] };
  return {
    decisions: decisions.map((decision) => (isLimited(decision) ? lapsing(decision, own) : decision)),
    warnings: [
      `${released} of the ${own.size} live entries of this target would be released at once. A feed that is broken is likelier than a region that is suddenly calm, so they are left to lapse. If it is calm, nothing has to be done; clear removes them at once.`,
    ],
  };
}

function lapsing({ action: _, ...decision }: Decision, own: Blacklist['own']): Decision {
  return {
    ...decision,
    action: 'lapse',
    reason: `${decision.reason}; not released, because more than half of the entries would be`,
    expiresAt: shownTime(own.get(decision.instanceType)?.until ?? 0),
  };
}

/** By AWS's naming, families of these letters have local disks only if a `d` follows the generation digit ... */
const WITHOUT_BY_NAME = /^(a|c|hpc|m|r|t|x)\d+[a-ce-z]*(-flex)?$/;

/** ... but for the oldest. */
const OLD_WITH_DISKS = new Set(['c1', 'c3', 'm1', 'm2', 'm3', 'r3', 'x1', 'x1e']);

/** The names of accelerated families do not say. Of those that Spot Advisor has had, these have no local disks. */
const ACCELERATED_WITHOUT = new Set(['dl2q', 'g3', 'g3s', 'g5g', 'inf1', 'inf2', 'p2', 'p3', 'vt1']);

/**
 * Whether CAST AI counts a family's types as storage optimized, by which it means local NVMe disks or SSDs, not AWS's
 * category. Each type has the option always, on demand, or never, but which type has which is not published. So families
 * that AWS builds around local SSDs (`i`, `im`, `is`) count as always, and those without local disks as never.
 *
 * Source of the disks: AWS's instance store specifications; Karpenter's list of instance types of August 2026 agrees.
 *
 * @returns null for every other family: local SSDs or hard disks (`d`, `h`) that need not be used, or not known
 */
export function isStorageOptimized(family: string): boolean | null {
  if (/^i[ms]?\d/.test(family)) return true;
  const isWithout = WITHOUT_BY_NAME.test(family) && !OLD_WITH_DISKS.has(family);
  return isWithout || ACCELERATED_WITHOUT.has(family) ? false : null;
}

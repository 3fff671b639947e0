/**
 * What the function's bundle may have, in bytes: Lambda reads all of it at every cold start. It is some percent more
 * than it has; whoever raises it says in docs/decisions/bundle-size.md what for.
 */
export const SIZE_BUDGET = 540_000;

/** @throws {Error} if the bundle is larger than it may be */
export function refuseAboveBudget(bytes: number): void {
  if (bytes <= SIZE_BUDGET) return;
  throw new Error(
    `The bundle has ${bytes} bytes, ${bytes - SIZE_BUDGET} more than its budget of ${SIZE_BUDGET}. Run "npm run bench -- bundle" to see what it is made of; build/size-budget.ts holds the budget.`,
  );
}

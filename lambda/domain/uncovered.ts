import { ACTIONS } from './action.ts';
import type { Decision } from './decision.ts';

/**
 * @param isOff whether a live entry keeps a type from being bought as Spot
 * @returns how many types should be kept off Spot because they are risky, and are not
 */
export function uncoveredIn(
  decisions: readonly Decision[],
  isOff: (instanceType: string) => boolean,
): number {
  return decisions.filter(
    ({ action, instanceType }) => ACTIONS[action].isRisky && ACTIONS[action].keepsOff && !isOff(instanceType),
  ).length;
}

// Numbers as people read them.

export const count = (value: number): string => value.toLocaleString('en');

/** `no writes`, `1 write`, `449 writes`. */
export const plural = (value: number, noun: string): string =>
  `${value === 0 ? 'no' : count(value)} ${noun}${value === 1 ? '' : 's'}`;

/** What was decided, as counts of actions: `add 449, keep 3`. */
export function actionCounts(actions: Readonly<Record<string, number>>): string {
  const decided = Object.entries(actions).filter(([, types]) => types > 0);
  return decided.map(([action, types]) => `${action} ${count(types)}`).join(', ') || 'nothing';
}

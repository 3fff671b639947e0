// The types of the tests of own evidence, by the index of their band, and the account's machines of them.
import type { Machines } from '../../../cli/demo/sandbox/aws/capacity-manager.ts';

export const TYPES = { 'm5.large': 1, 'c5.large': 4, 'r5.large': 4 };

/** m5.large is interrupted four times, c5.large never: the opposite of their bands. */
export const MACHINES: readonly Machines[] = [
  { instanceType: 'm5.large', machines: 6, interruptions: { 5: 1, 50: 1, 90: 1, 200: 1 } },
  { instanceType: 'c5.large', machines: 40 },
];

import { type Architecture, architectureOf, isAccelerated } from './instance-type.ts';

/** Types that can replace one another: those of one CPU architecture, accelerated or not. */
export type MachineClass = Architecture | `${Architecture} accelerated`;

/** In the order of every list. */
export const MACHINE_CLASSES: readonly MachineClass[] = [
  'x86_64',
  'arm64',
  'x86_64 accelerated',
  'arm64 accelerated',
];

/** @returns the machine class of an instance type, by its name */
export function classOf(instanceType: string): MachineClass {
  const architecture = architectureOf(instanceType);
  return isAccelerated(instanceType) ? `${architecture} accelerated` : architecture;
}

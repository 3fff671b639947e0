/** A CPU architecture, by AWS's name. */
export type Architecture = 'x86_64' | 'arm64';

/** What names of types look like. The longest of 2026, `u7inh-32tb.480xlarge`, has 20 characters. */
export const INSTANCE_TYPE = /^(?=.{3,40}$)[a-z0-9-]+\.[a-z0-9-]+$/;

/** What names of families look like. */
export const INSTANCE_FAMILY = /^[a-z0-9-]{1,40}$/;

/** @returns the family of an instance type: `m7g` for `m7g.large` */
export function familyOf(instanceType: string): string {
  return instanceType.slice(0, instanceType.indexOf('.'));
}

/** @returns the size of an instance type: `large` for `m7g.large` */
export function sizeOf(instanceType: string): string {
  return instanceType.slice(instanceType.indexOf('.') + 1);
}

/**
 * @returns whether a type is accelerated: has GPUs (`g`, `gr`, `p`), machine learning chips (`inf`, `trn`, `dl`), FPGAs
 *   (`f`) or media chips (`vt`), by the letters before its family's generation digit. AWS is expected to name new families
 *   the same way.
 */
export function isAccelerated(instanceType: string): boolean {
  return /^(gr?|p|inf|trn|dl|f|vt)\d/.test(instanceType);
}

/**
 * @returns the architecture of an instance type, which the feed does not say. By AWS's naming, Graviton
 *   families are `a1` and those with a `g` right after the generation digit (`m7g`, `c6gn`, `im4gn`, `g5g`),
 *   not `g4dn` or `g6`. `p6e-gb200` has NVIDIA's Grace, which is arm64 too.
 */
export function architectureOf(instanceType: string): Architecture {
  return /^(a1|[a-z]+\d+g[a-z0-9-]*|[a-z0-9]+-g[bh]\d+)\./.test(instanceType) ? 'arm64' : 'x86_64';
}

/** @returns whether a type is a bare-metal machine: by AWS's naming, sizes of these start with `metal` */
export function isBareMetal(instanceType: string): boolean {
  return sizeOf(instanceType).startsWith('metal');
}

/** Types that can replace one another: those of one CPU architecture, accelerated or not. */
export type MachineClass = Architecture | `${Architecture} accelerated`;

/** In the order in which lists show them. */
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

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

/**
 * @returns the architecture of an instance type, which the feed does not say. By AWS's naming, Graviton
 *   families are `a1` and those with a `g` right after the generation digit (`m7g`, `c6gn`, `im4gn`, `g5g`),
 *   not `g4dn` or `g6`.
 */
export function architectureOf(instanceType: string): Architecture {
  return /^(a1|[a-z]+\d+g[a-z0-9-]*)\./.test(instanceType) ? 'arm64' : 'x86_64';
}

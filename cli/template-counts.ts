interface Template {
  readonly allowed: number;
  readonly sure: number;
  readonly available: number;
  readonly floor: number;
  readonly unjudged: readonly string[];
}

/** @returns how many types a template allows, as far as that is known: `26`, `21 to 26`, `at most 26` */
export function allowedCount({
  allowed,
  sure,
  unjudged,
}: Pick<Template, 'allowed' | 'sure' | 'unjudged'>): string {
  if (sure > 0 && sure < allowed) return `${sure} to ${allowed}`;
  return unjudged.length > 0 ? `at most ${allowed}` : String(allowed);
}

/** @returns whether a template is left with fewer types than its floor, or allows none at all */
export function isBelowFloor({
  available,
  floor,
  allowed,
}: Pick<Template, 'available' | 'floor' | 'allowed'>): boolean {
  return available < floor || allowed === 0;
}

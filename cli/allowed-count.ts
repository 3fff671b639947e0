interface Template {
  readonly allowed: number;
  readonly sure: number;
  readonly unjudged: readonly string[];
}

/** @returns how many types a template allows, as far as that is known: `26`, `21 to 26`, `at most 26` */
export function allowedCount({ allowed, sure, unjudged }: Template): string {
  if (sure > 0 && sure < allowed) return `${sure} to ${allowed}`;
  return unjudged.length > 0 ? `at most ${allowed}` : String(allowed);
}

/**
 * Returns `value` as protobuf's JSON may represent it: without nulls, empty strings and lists, and without the enum's
 * default (`lifecycle: 'all'`).
 */
export function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutDefaults);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, field]) => !isDefault(name, field))
      .map(([name, field]) => [name, withoutDefaults(field)]),
  );
}

function isDefault(name: string, field: unknown): boolean {
  if (Array.isArray(field)) return field.length === 0;
  return field === null || field === '' || (name === 'lifecycle' && field === 'all');
}

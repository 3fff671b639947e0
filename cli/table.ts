import Table from 'cli-table3';

type Side = 'left' | 'right';

/**
 * Draws a table in plain characters.
 *
 * @param columns each column's head and alignment
 */
export function drawTable(columns: readonly (readonly [string, Side])[], rows: readonly string[][]): string {
  const table = new Table({
    head: columns.map(([head]) => head),
    colAligns: columns.map(([, side]) => side),
    // Empty styles: cli-table3 would colour by itself, NO_COLOR or not.
    style: { head: [], border: [], compact: true },
  });
  table.push(...rows);
  return table.toString();
}

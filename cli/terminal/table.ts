import Table from 'cli-table3';

type Side = 'left' | 'right';

/**
 * Draws a table in plain characters, without space in its cells where the width is too small for it.
 *
 * @param columns each column's head and alignment
 * @param width of the terminal
 */
export function drawTable(
  columns: readonly (readonly [string, Side])[],
  rows: readonly string[][],
  width: number,
): string {
  const table = draw(columns, rows, 1);
  // The frame's characters take one column each.
  return table.indexOf('\n') > width ? draw(columns, rows, 0) : table;
}

function draw(
  columns: readonly (readonly [string, Side])[],
  rows: readonly string[][],
  padding: number,
): string {
  const table = new Table({
    head: columns.map(([head]) => head),
    colAligns: columns.map(([, side]) => side),
    // Empty styles: cli-table3 would colour by itself, NO_COLOR or not.
    style: { head: [], border: [], compact: true, 'padding-left': padding, 'padding-right': padding },
  });
  table.push(...rows);
  return table.toString();
}

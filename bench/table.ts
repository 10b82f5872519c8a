/** Prints a table. The first column is left-aligned, the others right-aligned. */
export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  console.log(rows.map(row => line(row).trimEnd()).join('\n'));
}

export const milliseconds = (value: number | null): string =>
  value === null ? '-' : `${value.toFixed(value < 100 ? 1 : 0)} ms`;

/** A row of a table; `header` where all its cells name what stands below them. */
export interface TableRow {
  readonly cells: readonly string[];
  readonly header: boolean;
}

/**
 * Rows as sentences. Below a header each value carries its name ("Grade: L3; Days: 28"), so that a row quoted
 * alone still says what it means; the header is then not repeated by itself.
 */
export function tableSentences(rows: readonly TableRow[]): string[] {
  let names: readonly string[] = [];
  return rows.flatMap(({ cells, header }, index) => {
    if (header) {
      names = cells;
      const describes = rows[index + 1]?.header === false;
      return describes ? [] : [cells.filter(Boolean).join(' | ')];
    }
    if (names.length !== cells.length) return [cells.filter(Boolean).join(' | ')];
    return [cells.flatMap((cell, column) => (cell ? [named(names[column] ?? '', cell)] : [])).join('; ')];
  });
}

function named(name: string, cell: string): string {
  const label = name.replace(/[:\s]+$/, '');
  return label ? `${label}: ${cell}` : cell;
}

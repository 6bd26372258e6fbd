import { type Block, cut, type Highlight, type Part } from './blocks';

/** A row as it is shown: a cell for each column, or one that spans them all where it does not fit the others. */
export interface Row {
  readonly start: number;
  readonly isCited: boolean;
  readonly cells: readonly (readonly Part[])[];
  readonly spans: boolean;
}
export interface TableText {
  /** Empty where the table has no header. */
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
}
interface Field {
  readonly name: string;
  readonly value: string;
  readonly start: number;
}

// A name that fewer rows have is taken for words of the cell before it.
const LEAST_SHARE = 0.05;

/**
 * The table that rows of text were made of: ingestion writes "Grade: L3; Days: 28" below a header, "L3 | 28" without
 * one. Only where cells begin is guessed: every character that is shown is the document's, in its order.
 */
export function tableText(blocks: readonly Block[], highlight: Highlight | undefined): TableText {
  const rows = blocks.map((block) => ({ block, fields: fieldsOf(block) }));
  const columns = columnsOf(rows.map(({ fields }) => fields));
  const named = rows.filter(({ fields }) => columns.includes(fields[0]?.name ?? '')).length;
  if (named * 2 <= rows.length) return withoutHeader(blocks, highlight);
  return {
    columns,
    rows: rows.map(({ block, fields }) => {
      const cells = columns.includes(fields[0]?.name ?? '') ? cellsOf(block, fields, columns) : undefined;
      const shown = cells?.map((cell) => (cell ? cut(cell.value, cell.start, highlight) : []));
      return rowOf(block, shown, highlight);
    }),
  };
}

function rowOf(
  { start, text, parts }: Block,
  cells: readonly (readonly Part[])[] | undefined,
  highlight: Highlight | undefined,
): Row {
  const isCited = highlight !== undefined && highlight.start < start + text.length && highlight.end > start;
  return { start, isCited, cells: cells ?? [parts], spans: cells === undefined };
}

function withoutHeader(blocks: readonly Block[], highlight: Highlight | undefined): TableText {
  return {
    columns: [],
    rows: blocks.map((block) => {
      const cells = piecesOf(block.text, ' | ').map(({ text, at }) => cut(text, block.start + at, highlight));
      return rowOf(block, cells, highlight);
    }),
  };
}

function piecesOf(text: string, separator: string): { text: string; at: number }[] {
  let at = 0;
  return text.split(separator).map((piece) => {
    const place = { text: piece, at };
    at += piece.length + separator.length;
    return place;
  });
}

function fieldsOf({ text, start }: Block): Field[] {
  return piecesOf(text, '; ').map(({ text: piece, at }) => {
    const colon = piece.indexOf(': ');
    const value = colon < 0 ? 0 : colon + 2;
    return { name: piece.slice(0, Math.max(0, colon)), value: piece.slice(value), start: start + at + value };
  });
}

// In the order of the rows; a name that comes up later stands behind the one before it in its own row.
function columnsOf(rows: readonly (readonly Field[])[]): string[] {
  const counts = new Map<string, number>();
  for (const row of rows) {
    for (const name of new Set(row.map((field) => field.name))) counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const columns: string[] = [];
  for (const row of rows) {
    let before = -1;
    for (const { name } of row) {
      if (name === '' || (counts.get(name) ?? 0) < rows.length * LEAST_SHARE) continue;
      if (!columns.includes(name)) columns.splice(before + 1, 0, name);
      before = columns.indexOf(name);
    }
  }
  return columns;
}

// What follows a cell without the name of a later column belongs to that cell.
function cellsOf(
  { text, start }: Block,
  fields: readonly Field[],
  columns: readonly string[],
): ({ value: string; start: number } | undefined)[] {
  const cells = columns.map((): { value: string; start: number } | undefined => undefined);
  let last = -1;
  for (const field of fields) {
    const column = columns.indexOf(field.name);
    const open = cells[last];
    if (column > last) {
      cells[column] = field;
      last = column;
    } else if (open) {
      const end = field.start + field.value.length;
      cells[last] = { start: open.start, value: text.slice(open.start - start, end - start) };
    }
  }
  return cells;
}

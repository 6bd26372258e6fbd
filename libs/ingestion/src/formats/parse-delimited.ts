import { DomainError } from '@belay/errors';
import { parse } from 'csv-parse/sync';
import { tableSentences } from './table-rows.js';
import { type ParsedText, TextBuilder } from './text-builder.js';

/** Tables as text: the first row names the columns where none of its cells is a number. */
export function parseDelimited(source: string, delimiter: ',' | '\t'): ParsedText {
  const rows = readRows(source, delimiter === ',' ? guess(source) : delimiter);
  const builder = new TextBuilder();
  for (const sentence of tableSentences(withHeader(rows))) builder.paragraph(sentence);
  return builder.build();
}

/** Rows whose first one is a header unless one of its cells is empty or a number. */
export function withHeader(
  rows: readonly (readonly string[])[],
): { cells: readonly string[]; header: boolean }[] {
  const named = rows.length > 1 && rows[0]?.every((cell) => cell !== '' && !/^[\d\s.,%-]+$/.test(cell));
  return rows.map((cells, index) => ({ cells, header: index === 0 && named === true }));
}

// Where the comma is the decimal sign, programs divide by semicolons and still call it CSV.
function guess(source: string): string {
  const [first = ''] = source.split('\n', 1);
  return first.split(';').length > first.split(',').length ? ';' : ',';
}

function readRows(source: string, delimiter: string): string[][] {
  try {
    return parse(source, {
      delimiter,
      bom: true,
      trim: true,
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
    });
  } catch (cause) {
    const { lines } = cause as { lines?: number };
    const where = lines === undefined ? '' : ` at line ${lines}`;
    const message = `The table cannot be read${where}: a quotation mark is missing. Export it anew.`;
    throw new DomainError('documents.malformed', message, { cause });
  }
}

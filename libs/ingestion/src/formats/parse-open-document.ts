import { DomainError } from '@belay/errors';
import { openArchive, partOf } from './archive.js';
import { withHeader } from './parse-delimited.js';
import { tableSentences } from './table-rows.js';
import { type ParsedText, TextBuilder } from './text-builder.js';
import { elementsOf, findAll, parseXml, textOf, type XmlElement } from './xml.js';

const MOST_REPEATED = 100;
// What stands elsewhere: tracked deletions, notes' marks, and what a program draws.
const SKIPPED = new Set([
  'tracked-changes',
  'note-citation',
  'annotation',
  'forms',
  'scripts',
  'sequence-decls',
  'page-number',
]);
const spell = ({ name, attributes }: XmlElement): string | undefined => {
  if (name === 'line-break') return '\n';
  if (name === 'tab') return ' ';
  if (name === 's') return ' '.repeat(Math.min(Number(attributes['c'] ?? 1), MOST_REPEATED));
  return SKIPPED.has(name) ? '' : undefined;
};

/** OpenDocument text, spreadsheets and presentations (ISO/IEC 26300): the body in its order, without hidden sheets. */
export function parseOpenDocument(bytes: Uint8Array): ParsedText {
  const archive = openArchive(bytes, (path) => /^(?:content|meta|META-INF\/manifest)\.xml$/.test(path));
  if (archive.get('META-INF/manifest.xml')?.includes('encryption-data')) {
    throw new DomainError(
      'documents.encrypted',
      'The file is protected by a password. Save it without one and upload it again.',
    );
  }
  const content = parseXml(partOf(archive, 'content.xml'));
  const hidden = findAll(content, 'style').filter((style) =>
    elementsOf(style).some(({ attributes }) => attributes['display'] === 'false'),
  );
  const writer = new BodyWriter(new Set(hidden.map(({ attributes }) => attributes['name'])));
  for (const body of findAll(content, 'body')) writer.writeChildren(body);
  const meta = parseXml(archive.get('meta.xml') ?? '<none/>');
  return writer.builder.build(findAll(meta, 'title').map((title) => textOf(title))[0] ?? null);
}

class BodyWriter {
  readonly builder = new TextBuilder();

  constructor(private readonly hidden: ReadonlySet<string | undefined>) {}

  writeChildren(parent: XmlElement): void {
    for (const element of elementsOf(parent)) this.write(element);
  }

  private write(element: XmlElement): void {
    const { name, attributes } = element;
    if (SKIPPED.has(name)) return;
    if (name === 'h') this.builder.heading(Number(attributes['outline-level'] ?? 1), textOf(element, spell));
    else if (name === 'p') this.builder.paragraph(textOf(element, spell));
    else if (name === 'list-item') this.item(element);
    else if (name === 'table') this.table(element);
    else if (name === 'frame' && attributes['class'] === 'title')
      this.builder.heading(1, textOf(element, spell));
    else {
      if (name === 'page') this.builder.page();
      this.writeChildren(element);
    }
  }

  private item(element: XmlElement): void {
    const lines = findAll(element, 'p', 'h').map((line) => textOf(line, spell));
    this.builder.paragraph(`- ${lines.join('\n')}`);
  }

  private table(table: XmlElement): void {
    if (this.hidden.has(table.attributes['style-name'])) return;
    const rows = findAll(table, 'table-row').map(cellsOf);
    const filled = rows.filter((cells) => cells.some((cell) => cell !== ''));
    // A sheet's name says what its rows are; the tables of a text have theirs for programs only.
    const isSheet = findAll(table, 'table-cell').some(isTyped);
    if (isSheet && filled.length > 0) this.builder.heading(1, table.attributes['name'] ?? '');
    for (const sentence of tableSentences(withHeader(filled))) this.builder.paragraph(sentence);
  }
}

const isTyped = ({ attributes }: XmlElement): boolean => attributes['value-type'] === 'float';

function cellsOf(row: XmlElement): string[] {
  const cells = elementsOf(row).flatMap((cell) => {
    const text = findAll(cell, 'p')
      .map((line) => textOf(line, spell))
      .join(' ')
      .trim();
    const repeated = Number(cell.attributes['number-columns-repeated'] ?? 1);
    return Array.from({ length: Math.min(repeated, MOST_REPEATED) }, () => text);
  });
  while (cells.at(-1) === '') cells.pop();
  return cells;
}

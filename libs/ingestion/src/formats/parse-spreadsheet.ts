import { openArchive, partOf, type Archive } from './archive.js';
import { withHeader } from './parse-delimited.js';
import { tableSentences } from './table-rows.js';
import { type ParsedText, TextBuilder } from './text-builder.js';
import { elementsOf, findAll, parseXml, textOf, type XmlElement } from './xml.js';

// Number formats that Excel predefines for dates and times (ECMA-376 part 1, 18.8.30).
const DATES = new Set([14, 15, 16, 17, 18, 19, 20, 21, 22, 45, 46, 47]);
const DAY_MS = 86_400_000;
const MOST_COLUMNS = 500;

interface Book {
  readonly strings: readonly string[];
  readonly dateStyles: ReadonlySet<number>;
  /** Day 0 of the book's dates, in milliseconds since 1970. */
  readonly epoch: number;
}

/** Excel workbooks: each sheet a heading and its rows; values as they are stored, dates as ISO dates. */
export function parseSpreadsheet(bytes: Uint8Array): ParsedText {
  const archive = openArchive(bytes, (path) =>
    /^xl\/(?:[^/]+|worksheets\/[^/]+|_rels\/[^/]+)\.(?:xml|rels)$/.test(path),
  );
  const book = readBook(archive);
  const builder = new TextBuilder();
  for (const { name, path } of sheetsOf(archive)) {
    const sheet = archive.get(path);
    if (sheet === undefined) continue;
    const rows = findAll(parseXml(sheet), 'row').map((row) => cellsOf(row, book));
    const filled = squared(rows.filter((cells) => cells.some((cell) => cell !== '')));
    if (filled.length === 0) continue;
    builder.heading(1, name);
    for (const sentence of tableSentences(withHeader(filled))) builder.paragraph(sentence);
  }
  return builder.build();
}

function readBook(archive: Archive): Book {
  const workbook = parseXml(partOf(archive, 'xl/workbook.xml'));
  const is1904 = findAll(workbook, 'workbookPr').some(({ attributes }) =>
    /^(?:1|true)$/.test(attributes['date1904'] ?? ''),
  );
  const shared = treeOf(archive, 'xl/sharedStrings.xml');
  return {
    strings: findAll(shared, 'si').map((item) => textOf(item, withoutPhonetics)),
    dateStyles: dateStylesOf(treeOf(archive, 'xl/styles.xml')),
    // Excel counts 1900 as a leap year, so its day 60 never was and later days are one off.
    epoch: is1904 ? Date.UTC(1904, 0, 1) : Date.UTC(1899, 11, 30),
  };
}

function treeOf(archive: Archive, path: string): XmlElement {
  const source = archive.get(path);
  return source === undefined ? { name: '', attributes: {}, children: [] } : parseXml(source);
}

const withoutPhonetics = ({ name }: XmlElement): string | undefined => (name === 'rPh' ? '' : undefined);

function dateStylesOf(styles: XmlElement): Set<number> {
  const formats = findAll(styles, 'numFmt').filter(({ attributes }) => {
    const code = (attributes['formatCode'] ?? '').replace(/"[^"]*"|\[[^\]]*\]|\\./g, '');
    return /[dmyhs]/i.test(code);
  });
  const dates = new Set([...DATES, ...formats.map(({ attributes }) => Number(attributes['numFmtId']))]);
  const cellFormats = findAll(styles, 'cellXfs').flatMap(elementsOf);
  const styled = cellFormats.map(({ attributes }, index) =>
    dates.has(Number(attributes['numFmtId'])) ? index : -1,
  );
  return new Set(styled.filter((index) => index >= 0));
}

function sheetsOf(archive: Archive): { name: string; path: string }[] {
  const relations = findAll(treeOf(archive, 'xl/_rels/workbook.xml.rels'), 'Relationship');
  const targets = new Map(relations.map(({ attributes }) => [attributes['Id'], attributes['Target'] ?? '']));
  const sheets = findAll(treeOf(archive, 'xl/workbook.xml'), 'sheet');
  return sheets
    .filter(({ attributes }) => attributes['state'] === undefined || attributes['state'] === 'visible')
    .map(({ attributes }) => {
      const target = targets.get(attributes['id']) ?? '';
      return {
        name: attributes['name'] ?? '',
        path: target.startsWith('/') ? target.slice(1) : `xl/${target}`,
      };
    });
}

function cellsOf(row: XmlElement, book: Book): string[] {
  const cells: string[] = [];
  for (const cell of elementsOf(row)) {
    const column = columnOf(cell.attributes['r']) ?? cells.length;
    if (column >= MOST_COLUMNS) break;
    while (cells.length < column) cells.push('');
    cells[column] = valueOf(cell, book).replace(/\s+/g, ' ').trim();
  }
  return cells;
}

// "AB12" is column 27, counted from 0.
function columnOf(reference: string | undefined): number | undefined {
  const letters = /^[A-Z]{1,3}(?=\d)/.exec(reference ?? '')?.[0];
  if (letters === undefined) return undefined;
  return [...letters].reduce((column, letter) => column * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function valueOf({ attributes, children }: XmlElement, { strings, dateStyles, epoch }: Book): string {
  const cell = { name: '', attributes, children };
  const value = findAll(cell, 'v')
    .map((element) => textOf(element))
    .join('');
  if (attributes['t'] === 's') return strings[Number(value)] ?? '';
  if (attributes['t'] === 'inlineStr')
    return findAll(cell, 'is')
      .map((element) => textOf(element, withoutPhonetics))
      .join('');
  if (attributes['t'] === 'b') return value === '1' ? 'yes' : 'no';
  const isNumber = (attributes['t'] ?? 'n') === 'n';
  const isDate = isNumber && dateStyles.has(Number(attributes['s'])) && value !== '';
  return isDate ? dateOf(epoch + Math.round(Number(value) * DAY_MS)) : value;
}

function dateOf(time: number): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return '';
  const [day = '', clock = ''] = date.toISOString().split('T');
  return clock.startsWith('00:00:00') ? day : `${day} ${clock.slice(0, 5)}`;
}

function squared(rows: readonly string[][]): string[][] {
  const width = Math.max(0, ...rows.map((cells) => cells.length));
  return rows.map((cells) => [...cells, ...Array.from({ length: width - cells.length }, () => '')]);
}

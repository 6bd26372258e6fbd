import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { strToU8, zipSync } from 'fflate';
import { parseDocument, type ParsedDocument } from './parse.js';

// Made by LibreOffice, openpyxl, python-pptx and Python's email; the company in them is invented.
const SAMPLES = fileURLToPath(new URL('../../../samples/formats/', import.meta.url));
const sample = (name: string): Promise<ParsedDocument> => parseDocument(readFileSync(SAMPLES + name), name);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const headingsOf = ({ text, headings }: ParsedDocument): string[] =>
  headings.map(({ level, start, end }) => `${level} ${text.slice(start, end)}`);
const codeOf = (content: Uint8Array, name: string): Promise<string> =>
  parseDocument(content, name).then(
    ({ text }) => `read: ${text.slice(0, 60)}`,
    (error: { code: string }) => error.code,
  );
const zip = (files: Record<string, string>): Uint8Array =>
  zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])));

describe('formats', () => {
  it.each(['xlsx', 'ods'])(
    '%s: visible sheets by name, values under their names, dates as dates',
    async (type) => {
      const parsed = await sample(`pump-service.${type}`);
      expect(headingsOf(parsed)).toEqual(['1 Pump service', '1 Spare parts']);
      expect(parsed.text).toContain(
        'Pump: Mira 3; Last service: 2026-03-14; Interval in months: 6; Technician: Sefa Aydin',
      );
      expect(parsed.text).toMatch(/Mira 5; Last service: 2026-05-02 0?9:30/);
      expect(parsed.text).toContain('Part: Gasket G-118; Stock: 42');
      expect(parsed.text).not.toContain('0.31');
      expect(parsed.title).toBeNull();
    },
  );

  it.each(['pptx', 'odp'])('%s: a page a slide, with titles, tables and notes', async (type) => {
    const parsed = await sample(`pump-training.${type}`);
    expect(headingsOf(parsed)).toEqual(['1 Pump training', '1 Torque']);
    expect(parsed.pages).toHaveLength(2);
    expect(parsed.text).toContain('Two people lift the impeller.');
    expect(parsed.text).toContain('the flooded cellar');
    expect(parsed.text.match(/49 Nm/g)).toHaveLength(1);
    expect(parsed.text).toContain('Bolt: M10; Torque: 49 Nm');
  });

  it('odt: headings, lists and tables', async () => {
    const parsed = await sample('pump-manual.odt');
    expect(headingsOf(parsed)).toEqual(['2 Draining', '2 Intervals']);
    expect(parsed.title).toBe('Pump manual');
    expect(parsed.text).toContain('- Wear gloves.');
    expect(parsed.text).toContain('Pump: Mira 5; Months: 12');
  });

  it('rtf: paragraphs, with the characters of its code page and of Unicode', async () => {
    const parsed = await sample('pump-manual.rtf');
    expect(parsed.text).toContain('before the pump is drained – it holds 14 litres.');
    const written = String.raw`{\rtf1\ansi\ansicpg1252\uc1 {\fonttbl\f0 Arial;}Gr\'f6\'dfe \u8211?\u960? caf\'e9\par {\*\hidden x}Zweite}`;
    expect((await parseDocument(bytes(written), 'a.rtf')).text).toBe('Größe –π café\n\nZweite');
  });

  it('epub: the chapters in the order of the spine', async () => {
    const parsed = await sample('pump-handbook.epub');
    expect(headingsOf(parsed)).toEqual(['1 Pump handbook', '2 Before the start', '2 Winter']);
  });

  it('eml: who wrote what and when, and the attachments that can be read', async () => {
    const parsed = await sample('pump-delivery.eml');
    expect(headingsOf(parsed)).toEqual([
      '1 Pump delivery moved to 4 May – Kellerstraße',
      '2 packing-list.md',
      '3 Packing list',
    ]);
    expect(parsed.text).toContain('From: Ines Prado <ines@example.test>');
    expect(parsed.text).toContain('The crate weighs 186 kg');
    expect(parsed.text).toContain('Attachment drawing.dwg was not read');
  });

  it('mbox: every message, also where a line of one begins with "From "', async () => {
    const parsed = await sample('workshop.mbox');
    expect(headingsOf(parsed)).toContain('1 Re: bay 3');
    expect(parsed.text).toContain('From Monday on bay 3 is free.');
  });

  it('csv, tsv and json: each record by itself says what it means', async () => {
    expect((await sample('bolts.csv')).text).toContain('Bolt: M8; Torque: 25 Nm; Note: dry; no oil');
    expect((await sample('bolts.tsv')).text).toBe('Bolt: M8; Torque: 25 Nm');
    expect((await sample('pump.json')).text).toContain('pump / flow: nominal: 120 l/min; peak: 180 l/min');
    expect((await parseDocument(bytes('{"a":1}\n{"a":2}\n'), 'x.jsonl')).text).toBe('a: 1\n\na: 2');
  });
});

describe('hostile files of the formats', () => {
  const laughs = `<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><body><p>&b;</p></body>`;
  const cases: Record<string, [Uint8Array, string, string]> = {
    'an entity bomb': [zip({ 'content.xml': laughs }), 'a.odt', 'documents.malformed'],
    'an external entity': [
      zip({ 'content.xml': '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><body><p>&a;</p></body>' }),
      'a.odt',
      'documents.malformed',
    ],
    'XML that nests too deeply': [
      zip({ 'content.xml': '<body>' + '<p>'.repeat(100_000) }),
      'a.odt',
      'documents.malformed',
    ],
    'a password': [
      zip({ 'content.xml': 'x', 'META-INF/manifest.xml': '<m:encryption-data/>' }),
      'a.ods',
      'documents.encrypted',
    ],
    'another archive': [zip({ 'a.txt': 'hello' }), 'a.pptx', 'documents.malformed'],
    'an archive that is cut off': [
      readFileSync(`${SAMPLES}pump-service.xlsx`).subarray(0, 3000),
      'a.xlsx',
      'documents.malformed',
    ],
    'a zip bomb': [
      zip({ 'xl/workbook.xml': '<w/>', 'xl/sharedStrings.xml': ' '.repeat(101 * 2 ** 20) }),
      'a.xlsx',
      'documents.too-large',
    ],
    'a book that leads out of its archive': [
      zip({
        'META-INF/container.xml': '<c><rootfile full-path="../../etc/passwd"/></c>',
      }),
      'a.epub',
      'documents.malformed',
    ],
    'JSON that is not closed': [bytes('{"a": [1, 2'), 'a.json', 'documents.malformed'],
    'JSON that nests too deeply': [
      bytes('[{"a":'.repeat(5000) + '1' + '}]'.repeat(5000)),
      'a.json',
      'documents.malformed',
    ],
    'a table without its closing quote': [bytes('a,b\n"1,2\n3,4\n'), 'a.csv', 'documents.malformed'],
    'RTF that nests too deeply': [bytes('{\\rtf1' + '{'.repeat(5000)), 'a.rtf', 'documents.malformed'],
    'RTF that is none': [bytes('hello'), 'a.rtf', 'documents.malformed'],
  };
  it.each(Object.entries(cases))('%s is refused with its reason', async (_, [content, name, code]) => {
    expect(await codeOf(content, name)).toBe(code);
  });

  it('a message inside messages without end is read as far as is sensible', async () => {
    const part = (depth: number): string =>
      depth === 0
        ? 'Subject: core\n\nhello'
        : `Subject: level\nContent-Type: multipart/mixed; boundary=b${depth}\n\n--b${depth}\nContent-Type: message/rfc822\n\n${part(depth - 1)}\n--b${depth}--\n`;
    expect(await codeOf(bytes(part(200)), 'a.eml')).toMatch(/^read|^documents\./);
  });

  it('a cell far to the right does not cost its emptiness', async () => {
    const sheet = '<worksheet><row><c r="A1"><v>1</v></c><c r="XFD1"><v>2</v></c></row></worksheet>';
    const book = zip({
      'xl/workbook.xml': '<w><sheet name="S" id="r1"/></w>',
      'xl/_rels/workbook.xml.rels': '<r><Relationship Id="r1" Target="worksheets/sheet1.xml"/></r>',
      'xl/worksheets/sheet1.xml': sheet,
    });
    expect((await parseDocument(book, 'a.xlsx')).text).toBe('S\n\n1');
  });
});

import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { parseDocument } from './parse.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const latin = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const headingsOf = ({ text, headings }: Awaited<ReturnType<typeof parseDocument>>): string[] =>
  headings.map(({ level, start, end }) => `${level} ${text.slice(start, end)}`);

/** A PDF of one page a content stream, written by hand. */
function pdf(pages: readonly string[], trailer = ''): Uint8Array {
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    `<</Type/Pages/Count ${pages.length}/Kids[${pages.map((_, index) => `${4 + index * 2} 0 R`).join(' ')}]>>`,
    '<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>',
    ...pages.flatMap((content, index) => [
      `<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Resources<</Font<</F 3 0 R>>>>/Contents ${5 + index * 2} 0 R>>`,
      `<</Length ${content.length}>>stream\n${content}\nendstream`,
    ]),
  ];
  let out = '%PDF-1.4\n';
  const places = objects.map((object, index) => {
    const place = out.length;
    out += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return place;
  });
  const table = out.length;
  out += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n`;
  out += places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`).join('');
  return latin(
    `${out}trailer\n<</Size ${objects.length + 1}/Root 1 0 R${trailer}>>\nstartxref\n${table}\n%%EOF`,
  );
}
const line = (y: number, text: string, size = 12): string => `BT /F ${size} Tf 50 ${y} Td (${text}) Tj ET\n`;

interface Entry {
  readonly name: string;
  readonly data: Buffer;
  /** The inflated size that the directory states. */
  readonly stated?: number;
}

function zip(entries: readonly Entry[]): Uint8Array {
  const locals: Buffer[] = [];
  const central: Buffer[] = [];
  let offset = 0;
  for (const { name, data, stated = data.length } of entries) {
    const packed = deflateRawSync(data);
    const local = Buffer.alloc(30);
    local.write('PK\x03\x04', 'latin1');
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(stated, 22);
    local.writeUInt16LE(name.length, 26);
    const entry = Buffer.alloc(46);
    entry.write('PK\x01\x02', 'latin1');
    entry.writeUInt16LE(8, 10);
    entry.writeUInt32LE(packed.length, 20);
    entry.writeUInt32LE(stated, 24);
    entry.writeUInt16LE(name.length, 28);
    entry.writeUInt32LE(offset, 42);
    locals.push(local, Buffer.from(name), packed);
    central.push(entry, Buffer.from(name));
    offset += 30 + name.length + packed.length;
  }
  const directory = Buffer.concat(central);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(directory.length, 12);
  end.writeUInt32LE(offset, 16);
  return new Uint8Array(Buffer.concat([...locals, directory, end]));
}

function docx(body: string, extra: readonly Entry[] = []): Uint8Array {
  const part = (name: string, xml: string): Entry => ({
    name,
    data: Buffer.from(`<?xml version="1.0"?>${xml}`),
  });
  const schemas = 'http://schemas.openxmlformats.org';
  return zip([
    part(
      '[Content_Types].xml',
      `<Types xmlns="${schemas}/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>`,
    ),
    part(
      '_rels/.rels',
      `<Relationships xmlns="${schemas}/package/2006/relationships"><Relationship Id="r1" Type="${schemas}/officeDocument/2006/relationships/officeDocument" Target="word/document.xml"/></Relationships>`,
    ),
    part(
      'word/document.xml',
      `<w:document xmlns:w="${schemas}/wordprocessingml/2006/main"><w:body>${body}</w:body></w:document>`,
    ),
    ...extra,
  ]);
}
const run = (text: string, style = ''): string =>
  `<w:p><w:pPr>${style && `<w:pStyle w:val="${style}"/>`}</w:pPr><w:r><w:t>${text}</w:t></w:r></w:p>`;

describe('Markdown and plain text', () => {
  it('reads headings, lists, tables and inline marks as a reader sees them', async () => {
    const source =
      '---\ntitle: x\n---\n# The *Plan*\n\nFirst `line`\ngoes on.\n\n- one\n- [two](http://x)\n\n## Prices\n\n| A | B |\n|--|--|\n| 1 | 2 |\n';
    const parsed = await parseDocument(bytes(source.replaceAll('\n', '\r\n')), 'a/Plan.MD');
    expect(parsed.text).toBe('The Plan\n\nFirst line goes on.\n\n- one\n\n- two\n\nPrices\n\nA: 1; B: 2');
    expect(headingsOf(parsed)).toEqual(['1 The Plan', '2 Prices']);
    expect(parsed).toMatchObject({ title: 'The Plan', pages: null });
  });

  it('keeps text between two thematic breaks', async () => {
    const parsed = await parseDocument(bytes('---\nWe keep this sentence.\n\n---\n\nAnd this.'), 'a.md');
    expect(parsed.text).toContain('We keep this sentence.');
  });

  it('decodes UTF-8 and UTF-16 with a byte order mark, else windows-1252', async () => {
    const utf16 = Buffer.from('\ufeffNaïve €\r\nline', 'utf16le');
    const read = async (data: Uint8Array): Promise<string> => (await parseDocument(data, 'a.txt')).text;
    expect(await read(new Uint8Array(utf16))).toBe('Naïve €\nline');
    expect(await read(new Uint8Array(Buffer.from(utf16).swap16()))).toBe('Naïve €\nline');
    expect(await read(bytes('\ufeffNaïve €'))).toBe('Naïve €');
    expect(await read(latin('Na\xefve \x80'))).toBe('Naïve €');
  });

  it('gives NFC, one kind of line end and no NUL or lone surrogate', async () => {
    const text = `e\0\u0301 one\r\ntwo\r\n\r\n\r\n  three\ud800 ${'x'.repeat(5000)}\0`;
    const utf16 = new Uint8Array(Buffer.from(`\ufeff${text}`, 'utf16le'));
    const parsed = await parseDocument(utf16, 'a.txt');
    expect(parsed.text).toBe(`é one\ntwo\n\nthree\ufffd ${'x'.repeat(5000)}`);
  });
});

describe('lines of plain text', () => {
  const read = async (text: string): Promise<string> => (await parseDocument(bytes(text), 'a.txt')).text;

  // A quote is a sentence: one that a line break cut in two would be quoted by half.
  it('joins lines that were only wrapped, and keeps hyphens that are part of a word', async () => {
    const wrapped =
      'The break-glass account may be used only when single sign-on has been down for 30\n' +
      'minutes. A second administrator must be on the telephone, because the break-\nglass account can do all.';
    expect(await read(wrapped)).toBe(wrapped.replace('30\n', '30 ').replace('break-\nglass', 'break-glass'));
  });

  it('keeps lines that end on purpose: lists, addresses, short lines', async () => {
    const kept =
      'Bring what the safety course asks everybody for:\n- a helmet with a chin strap, fastened well\n- boots';
    expect(await read(kept)).toBe(kept);
    const address = 'Norrsund Instruments\nTångvägen 4\n414 63 Gothenburg, which lies on the western coast';
    expect(await read(address)).toBe(address);
  });

  it('reads underlined lines as headings', async () => {
    const parsed = await parseDocument(
      bytes('REMINDERS\n=========\n\nFirst\n-----\nAfter ten days.'),
      'a.txt',
    );
    expect(headingsOf(parsed)).toEqual(['1 REMINDERS', '2 First']);
    expect(parsed.text).toBe('REMINDERS\n\nFirst\n\nAfter ten days.');
  });
});

describe('titles', () => {
  const titleOf = async (text: string, name: string): Promise<string | null> =>
    (await parseDocument(bytes(text), name)).title;

  // Citations name the document: a heading says more than "policy_v3_final.md".
  it('come from the heading, then the metadata, then a first line that reads like one', async () => {
    expect(await titleOf('# Leave\n\nText.', 'x.md')).toBe('Leave');
    expect(await titleOf('<title>Site</title><h1>Leave</h1><p>Text.', 'x.html')).toBe('Leave');
    expect(await titleOf('<title>Leave</title><h2>Rules</h2><p>Text.', 'x.html')).toBe('Leave');
    expect(await titleOf('<title>leave_v3.docx</title><p>Text goes on.', 'x.html')).toBeNull();
    expect(await titleOf('Leave policy\n\nText.', 'x.txt')).toBe('Leave policy');
    expect(await titleOf('Text that is a sentence.\n\nMore.', 'x.txt')).toBeNull();
    expect(await titleOf('All in one line', 'x.txt')).toBeNull();
  });

  it('of PDF are in its metadata, unless a program put its file name there', async () => {
    const text = line(700, 'Plain line of the size of all others, which ends here.');
    const named = (title: string) => pdf([text], `/Info<</Title(${title})>>`);
    expect((await parseDocument(named('Lease of Halifax'), 'x.pdf')).title).toBe('Lease of Halifax');
    expect((await parseDocument(named('Microsoft Word - lease.docx'), 'x.pdf')).title).toBeNull();
  });

  it('of Word have a style of their own', async () => {
    const parsed = await parseDocument(docx(run('Pension', 'Title') + run('Body text.')), 'x.docx');
    expect(parsed.title).toBe('Pension');
  });
});

describe('tables', () => {
  // A row is quoted alone: without the names of its columns "L3; 28" would say nothing.
  it('become a sentence a row with the names of the columns', async () => {
    const page = '<table><tr><th>Grade</th><th>Days</th></tr><tr><td>L3</td><td>28</td></tr></table>';
    expect((await parseDocument(bytes(page), 'a.html')).text).toBe('Grade: L3; Days: 28');
    const cell = (inner: string): string => `<w:tc>${run(inner)}</w:tc>`;
    const row = (...cells: string[]): string => `<w:tr>${cells.map(cell).join('')}</w:tr>`;
    const word = docx(`<w:tbl>${row('Grade', 'Days')}${row('L3', '28')}${row('L4', '')}</w:tbl>`);
    expect((await parseDocument(word, 'a.docx')).text).toBe('Grade: L3; Days: 28\n\nGrade: L4');
  });

  it('without a header keep their cells in a row', async () => {
    const page = '<table><tr><td>L3</td><td>28</td></tr><tr><td>L4</td><td>30</td></tr></table>';
    expect((await parseDocument(bytes(page), 'a.html')).text).toBe('L3 | 28\n\nL4 | 30');
  });
});

describe('HTML', () => {
  it('leaves out what a reader does not see', async () => {
    const source =
      '<title>t</title><nav>menu</nav><script>x()</script><h1>Rates<br>2026</h1><p>One <b>two</b><br>three<p hidden>no</p>' +
      '<div style="display: none">no</div><div style="visibility:hidden">no</div><pre>a  b\nc</pre><ul><li>i<li>j</ul>' +
      '<table><tr><th>A</th><td><p>1</p><p>2</p></td></tr></table>';
    const parsed = await parseDocument(bytes(source), 'a.html');
    expect(parsed.text).toBe('Rates 2026\n\nOne two\nthree\n\na b\nc\n\n- i\n\n- j\n\nA | 1 2');
    expect(parsed).toMatchObject({ title: 'Rates 2026' });
  });

  it('refuses nesting beyond what can be read', async () => {
    const deep = bytes(`${'<div>'.repeat(60_000)}text`);
    await expect(parseDocument(deep, 'a.html')).rejects.toMatchObject({ code: 'documents.malformed' });
  });
});

describe('PDF', () => {
  it('joins lines to paragraphs, mends broken words and knows its pages', async () => {
    const first =
      line(700, 'Title', 24) +
      line(650, 'A para-') +
      line(636, 'graph of') +
      line(622, 'lines.') +
      line(570, 'Next.');
    const parsed = await parseDocument(pdf([first, line(700, 'Second page.')]), 'a.pdf');
    expect(parsed.text).toBe('Title\n\nA paragraph of lines.\n\nNext.\n\nSecond page.');
    expect(parsed.pages).toEqual([0, parsed.text.indexOf('Second')]);
    expect(parsed).toMatchObject({ title: 'Title' });
  });

  it('keeps the hyphen of a word that is written with one elsewhere, and the lines of a list', async () => {
    const page =
      line(700, 'The break-glass account: a break-') +
      line(686, 'glass drill is held twice. It needs:') +
      line(672, '- two people') +
      line(658, '- a safe');
    expect((await parseDocument(pdf([page]), 'a.pdf')).text).toBe(
      'The break-glass account: a break-glass drill is held twice. It needs:\n- two people\n- a safe',
    );
  });

  it('says that a PDF without text and pictures holds none', async () => {
    await expect(parseDocument(pdf(['']), 'a.pdf')).rejects.toMatchObject({ code: 'documents.empty' });
  });

  it('refuses a protected, a broken and a disguised PDF', async () => {
    const key = `<${'41'.repeat(32)}>`;
    const locked = pdf(
      [line(700, 'x')],
      `/ID[${key}${key}]/Encrypt<</Filter/Standard/V 1/R 2/O ${key}/U ${key}/P -4>>`,
    );
    await expect(parseDocument(locked, 'a.pdf')).rejects.toMatchObject({ code: 'documents.encrypted' });
    const broken = latin('%PDF-1.4\nnothing');
    await expect(parseDocument(broken, 'a.pdf')).rejects.toMatchObject({ code: 'documents.malformed' });
    await expect(parseDocument(pdf(['']), 'a.txt')).rejects.toMatchObject({ code: 'documents.malformed' });
    await expect(parseDocument(bytes('plain'), 'a.pdf')).rejects.toMatchObject({
      code: 'documents.malformed',
    });
    const talk = await parseDocument(bytes('A file starts with %PDF-1.7.'), 'a.txt');
    expect(talk.text).toContain('%PDF');
  });
});

describe('Word', () => {
  it('reads headings, paragraphs and cells', async () => {
    const cell = (inner: string): string => `<w:tc>${inner}</w:tc>`;
    const table = `<w:tbl><w:tr>${cell(run('A') + run('B'))}${cell(run('C'))}</w:tr></w:tbl>`;
    const parsed = await parseDocument(docx(run('Scope', 'Heading1') + run('Body text.') + table), 'a.docx');
    expect(parsed.text).toBe('Scope\n\nBody text.\n\nA B | C');
    expect(headingsOf(parsed)).toEqual(['1 Scope']);
  });

  it('refuses protected files, other archives and those that unpack too large, however they state it', async () => {
    const ole = latin('\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 rest');
    await expect(parseDocument(ole, 'a.docx')).rejects.toMatchObject({ code: 'documents.encrypted' });
    const other = zip([{ name: 'a.txt', data: Buffer.from('x') }]);
    await expect(parseDocument(other, 'a.docx')).rejects.toMatchObject({ code: 'documents.malformed' });
    const tooLarge = { code: 'documents.too-large' };
    const stated = docx(run('x'), [{ name: 'a.bin', data: Buffer.from('x'), stated: 200_000_000 }]);
    await expect(parseDocument(stated, 'a.docx')).rejects.toMatchObject(tooLarge);
    const lying = docx(run('x'), [{ name: 'a.bin', data: Buffer.alloc(110_000_000), stated: 1 }]);
    await expect(parseDocument(lying, 'a.docx')).rejects.toMatchObject(tooLarge);
  });
});

describe('refusals', () => {
  it.each(['a.exe', 'README', 'a.b/README', 'a.constructor', 'a.__proto__'])(
    'does not read %s',
    async (name) => {
      await expect(parseDocument(bytes('text'), name)).rejects.toMatchObject({
        code: 'documents.unsupported',
      });
    },
  );

  it('refuses empty, binary and too long text', async () => {
    await expect(parseDocument(bytes(''), 'a.txt')).rejects.toMatchObject({ code: 'documents.empty' });
    await expect(parseDocument(bytes(' \n '), 'a.md')).rejects.toMatchObject({ code: 'documents.empty' });
    await expect(parseDocument(bytes('a\0b'), 'a.txt')).rejects.toMatchObject({
      code: 'documents.malformed',
    });
    const long = bytes('word '.repeat(4_000_001));
    await expect(parseDocument(long, 'a.txt')).rejects.toMatchObject({ code: 'documents.too-large' });
  });
});

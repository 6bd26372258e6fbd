import { DomainError } from '@belay/errors';
import { type ParsedText, TextBuilder } from './text-builder.js';

// Groups that hold no text of the document (RTF 1.9.1); any group marked \\* besides.
const SILENT = new Set(
  'fonttbl colortbl stylesheet info pict object header headerl headerr headerf footer footerl footerr footerf listtable listoverridetable themedata datastore generator xmlnstbl rsidtbl fldinst'.split(
    ' ',
  ),
);
const SPELLED: Readonly<Record<string, string>> = {
  par: '\n\n',
  line: '\n',
  sect: '\n\n',
  page: '\n\n',
  row: '\n\n',
  cell: ' | ',
  tab: ' ',
  emdash: '—',
  endash: '–',
  bullet: '•',
  lquote: '‘',
  rquote: '’',
  ldblquote: '“',
  rdblquote: '”',
  '~': '\u00a0',
  _: '-',
  '-': '',
};
const TOKEN = /\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-f]{2})|\\([^a-z])|([{}])|([^\\{}\r\n]+)|[\r\n]+/giy;
const DEEPEST = 1000;

interface Group {
  silent: boolean;
  /** How many characters stand in for a Unicode one, for readers that know none. */
  fallback: number;
}

/** Rich Text Format: its paragraphs. Programs mark headings by looks only, so there are none. */
export function parseRtf(source: string): ParsedText {
  if (!source.startsWith('{\\rtf'))
    throw new DomainError('documents.malformed', 'The content is not RTF. Save it anew.');
  const builder = new TextBuilder();
  for (const paragraph of new RtfReader().read(source).split(/\n{2,}/))
    builder.paragraph(paragraph.replace(/(?: \| ?)+$/, ''));
  return builder.build();
}

class RtfReader {
  private readonly groups: Group[] = [{ silent: false, fallback: 1 }];
  private readonly parts: string[] = [];
  private bytes: number[] = [];
  private decoder = new TextDecoder('windows-1252');
  private skip = 0;

  read(source: string): string {
    TOKEN.lastIndex = 0;
    for (let token = TOKEN.exec(source); token; token = TOKEN.exec(source)) {
      const [, word, parameter, hex, symbol, brace, text] = token;
      if (hex !== undefined) this.byte(Number.parseInt(hex, 16));
      else if (word !== undefined) this.control(word.toLowerCase(), parameter);
      else if (symbol !== undefined) this.symbol(symbol);
      else if (brace !== undefined) this.brace(brace);
      else if (text !== undefined) this.write(text);
    }
    this.flush();
    return this.parts.join('');
  }

  private get group(): Group {
    return this.groups.at(-1) as Group;
  }

  private control(word: string, parameter: string | undefined): void {
    if (SILENT.has(word)) this.group.silent = true;
    else if (word === 'u') {
      this.flush();
      this.write(String.fromCharCode(Number(parameter) & 0xffff), true);
      this.skip = this.group.fallback;
    } else if (word === 'uc') this.group.fallback = Math.min(Number(parameter ?? 1), 8);
    else if (word === 'ansicpg') this.decoder = decoderOf(Number(parameter));
    else if (word in SPELLED) this.write(SPELLED[word] ?? '', true);
  }

  private symbol(symbol: string): void {
    if (symbol === '*') this.group.silent = true;
    else this.write(SPELLED[symbol] ?? (/[\r\n]/.test(symbol) ? '\n\n' : symbol), true);
  }

  private brace(brace: string): void {
    this.flush();
    this.skip = 0;
    if (brace === '}') {
      if (this.groups.length > 1) this.groups.pop();
    } else if (this.groups.length >= DEEPEST) {
      throw new DomainError(
        'documents.malformed',
        'The document nests too deeply. Save it in a simpler form.',
      );
    } else this.groups.push({ ...this.group });
  }

  private byte(value: number): void {
    if (this.skip > 0) this.skip -= 1;
    else if (!this.group.silent) this.bytes.push(value);
  }

  private write(text: string, whole = false): void {
    this.flush();
    const shown = whole ? text : text.slice(this.skip);
    if (!whole) this.skip = Math.max(0, this.skip - text.length);
    if (!this.group.silent) this.parts.push(shown);
  }

  // Bytes of one character may follow each other, so they are decoded together.
  private flush(): void {
    if (this.bytes.length > 0) this.parts.push(this.decoder.decode(new Uint8Array(this.bytes)));
    this.bytes = [];
  }
}

function decoderOf(codePage: number): InstanceType<typeof TextDecoder> {
  const name =
    codePage === 65001
      ? 'utf-8'
      : codePage === 932
        ? 'shift_jis'
        : codePage === 936
          ? 'gbk'
          : `windows-${codePage}`;
  try {
    return new TextDecoder(name);
  } catch {
    return new TextDecoder('windows-1252');
  }
}

import { extname } from 'node:path';
import type { DocumentType } from '@belay/contracts';
import { DomainError, isDomainError } from '@belay/errors';
import { contentOf } from './formats/content.js';
import { decodeText } from './formats/decode-text.js';
import { BEGINNING, type Part, type Resume, splitIntoParts } from './part.js';
import { parsePlain } from './formats/parse-plain.js';
import type { ParsedText } from './formats/text-builder.js';
import { titleOf } from './formats/title.js';

/** A document as plain text. Offsets are UTF-16 code units of `text`; `pages` holds each page's start. */
export interface ParsedDocument extends ParsedText {
  readonly title: string | null;
}

const MOST_CHARACTERS = 20_000_000;
// A text of more bytes is beyond that in every encoding; it is refused before it is decoded.
const MOST_TEXT_BYTES = 4 * MOST_CHARACTERS;
// What a parser can hold beside all that it makes of it.
const MOST_BYTES = 200_000_000;
const DEEPEST_ATTACHMENT = 3;

interface Format {
  /** True of tables and mailboxes, whose first line or heading is not what they are about. */
  readonly untitled?: boolean;
  /** What the file is inside; text unless it is named. */
  readonly content?: 'pdf' | 'zip' | 'picture';
  /** `depth` counts the documents that this one is attached to. */
  readonly parse: (bytes: Uint8Array, depth: number) => ParsedText | Promise<ParsedText>;
  /** Reads it bit by bit, where it need not be read as a whole. */
  readonly stream?: (bytes: Uint8Array, from: Resume) => AsyncGenerator<Part, void>;
}
type Stream = NonNullable<Format['stream']>;
const streamed = (stream: Stream): Pick<Format, 'parse' | 'stream'> => ({
  stream,
  parse: (bytes) => joined(stream(bytes, BEGINNING)),
});
// Parsers are loaded when a document needs them, and nothing besides: loading takes longer than reading most texts.
const MARKDOWN: Format = {
  parse: async (bytes) => (await import('./formats/parse-markdown.js')).parseMarkdown(decodeText(bytes)),
};
const HTML: Format = {
  parse: async (bytes) => (await import('./formats/parse-html.js')).parseHtml(decodeText(bytes)),
};
const OPEN_DOCUMENT: Format = {
  content: 'zip',
  parse: async (bytes) => (await import('./formats/parse-open-document.js')).parseOpenDocument(bytes),
};
const delimited = (delimiter: ',' | '\t'): Format => ({
  untitled: true,
  parse: async (bytes) =>
    (await import('./formats/parse-delimited.js')).parseDelimited(decodeText(bytes), delimiter),
});
const JSON_TEXT: Format = {
  untitled: true,
  parse: async (bytes) => (await import('./formats/parse-json.js')).parseJson(decodeText(bytes)),
};
const PICTURE: Format = {
  untitled: true,
  content: 'picture',
  ...streamed(async function* (bytes, from) {
    yield* (await import('./formats/parse-picture.js')).streamPicture(bytes, from);
  }),
};
const FORMATS: Record<DocumentType, Format> = {
  md: MARKDOWN,
  markdown: MARKDOWN,
  txt: { parse: (bytes) => parsePlain(decodeText(bytes)) },
  html: HTML,
  htm: HTML,
  pdf: {
    content: 'pdf',
    ...streamed(async function* (bytes, from) {
      yield* (await import('./formats/parse-pdf.js')).streamPdf(bytes, from);
    }),
  },
  docx: {
    content: 'zip',
    parse: async (bytes) => (await import('./formats/parse-docx.js')).parseDocx(bytes),
  },
  xlsx: {
    untitled: true,
    content: 'zip',
    parse: async (bytes) => (await import('./formats/parse-spreadsheet.js')).parseSpreadsheet(bytes),
  },
  pptx: {
    content: 'zip',
    parse: async (bytes) => (await import('./formats/parse-slides.js')).parseSlides(bytes),
  },
  odt: OPEN_DOCUMENT,
  ods: { ...OPEN_DOCUMENT, untitled: true },
  odp: OPEN_DOCUMENT,
  rtf: {
    parse: async (bytes) =>
      (await import('./formats/parse-rtf.js')).parseRtf(Buffer.from(bytes).toString('latin1')),
  },
  epub: {
    content: 'zip',
    parse: async (bytes) => (await import('./formats/parse-epub.js')).parseEpub(bytes),
  },
  eml: {
    parse: async (bytes, depth) =>
      (await import('./formats/parse-mail.js')).parseMessage(bytes, attachments(depth)),
  },
  mbox: {
    untitled: true,
    parse: async (bytes, depth) =>
      (await import('./formats/parse-mail.js')).parseMailbox(bytes, attachments(depth)),
  },
  csv: delimited(','),
  tsv: delimited('\t'),
  json: JSON_TEXT,
  jsonl: JSON_TEXT,
  png: PICTURE,
  jpg: PICTURE,
  jpeg: PICTURE,
  tif: PICTURE,
  tiff: PICTURE,
  webp: PICTURE,
};

const attachments =
  (depth: number) =>
  (bytes: Uint8Array, fileName: string): Promise<ParsedText> => {
    if (depth < DEEPEST_ATTACHMENT) return readText(bytes, fileName, depth + 1);
    throw new DomainError('documents.too-large', 'It is attached to an attachment of an attachment.');
  };

/**
 * Reads every format that `FORMATS` names. Throws `documents.unsupported`, `.empty`, `.encrypted`, `.malformed` or
 * `.too-large`, each with what to do about it.
 */
export async function parseDocument(bytes: Uint8Array, fileName: string): Promise<ParsedDocument> {
  const parsed = await readText(bytes, fileName, 0);
  const extension = extensionOf(fileName);
  return {
    ...parsed,
    title: FORMATS[extension].untitled ? null : titleOf(parsed),
  };
}

/**
 * Reads a document part by part, from where an earlier reading ended; errors as parseDocument. What is not of the
 * formats that are made of pages is read as a whole first, and then cut.
 */
export async function* streamDocument(
  bytes: Uint8Array,
  fileName: string,
  from: Resume,
): AsyncGenerator<Part, void> {
  const format = admitted(bytes, fileName);
  let end = from.offset;
  const parts = format.stream ? format.stream(bytes, from) : cutUp(bytes, fileName, from);
  for await (const part of reasoned(parts)) {
    end = part.start + part.text.length;
    if (end > MOST_CHARACTERS) throw tooLong();
    yield part;
  }
  if (end === 0) throw new DomainError('documents.empty', NO_TEXT);
}

async function* cutUp(bytes: Uint8Array, fileName: string, from: Resume): AsyncGenerator<Part, void> {
  const parsed = await readText(bytes, fileName, 0);
  yield* splitIntoParts(parsed, FORMATS[extensionOf(fileName)].untitled ? null : titleOf(parsed), from);
}

async function joined(parts: AsyncIterable<Part>): Promise<ParsedText> {
  const all: Part[] = [];
  for await (const part of parts) all.push(part);
  return {
    text: all.map(({ text }) => text).join(''),
    headings: all.flatMap(({ headings }) => headings),
    pages: all.flatMap(({ pages }) => pages ?? []),
    title: all[0]?.title ?? null,
  };
}

const NO_TEXT = 'The document holds no text.';
const tooLong = (): DomainError =>
  new DomainError('documents.too-large', 'The document holds more than 20,000,000 characters. Split it.');

/** Throws where a file of this size need not be opened to be refused. */
export function refuseTooLarge(fileName: string, size: number): void {
  const { content } = FORMATS[extensionOf(fileName)];
  if (!content && size > MOST_TEXT_BYTES) throw tooLong();
  if (size <= MOST_BYTES) return;
  throw new DomainError(
    'documents.too-large',
    `The file is larger than ${MOST_BYTES / 1e6} MB, which no parser holds. Split it.`,
  );
}

function admitted(bytes: Uint8Array, fileName: string): Format {
  if (bytes.length === 0)
    throw new DomainError('documents.empty', 'The file is empty. Put text in it and upload it again.');
  const extension = extensionOf(fileName);
  const format = FORMATS[extension];
  refuseTooLarge(fileName, bytes.length);
  refuseDisguise(bytes, extension, format);
  return format;
}

async function readText(bytes: Uint8Array, fileName: string, depth: number): Promise<ParsedText> {
  const parsed = await read(admitted(bytes, fileName), bytes, depth);
  if (parsed.text.trim() === '') throw new DomainError('documents.empty', NO_TEXT);
  if (parsed.text.length > MOST_CHARACTERS) throw tooLong();
  return parsed;
}

const isRead = (extension: string): extension is DocumentType => Object.hasOwn(FORMATS, extension);

function extensionOf(fileName: string): DocumentType {
  const extension = extname(fileName).slice(1).toLowerCase();
  if (isRead(extension)) return extension;
  const what = extension ? `".${extension.slice(0, 20)}" files are` : 'A file without an extension is';
  const known = Object.keys(FORMATS).join(', ');
  throw new DomainError('documents.unsupported', `${what} not read. Convert it to one of ${known}.`);
}

// A parser that gives up on hostile input (nesting too deep, say) refuses the document, nothing else.
function reason(cause: unknown): DomainError {
  if (isDomainError(cause)) return cause;
  // The stack ends where parsers that call themselves meet what lies in itself without end.
  const isDeep = cause instanceof RangeError && /call stack/.test(cause.message);
  const message = isDeep
    ? 'The document nests too deeply. Save it in a simpler form.'
    : 'The document cannot be read. Save it anew in a simpler form and upload it again.';
  return new DomainError('documents.malformed', message, { cause });
}

async function read(format: Format, bytes: Uint8Array, depth: number): Promise<ParsedText> {
  try {
    return await format.parse(bytes, depth);
  } catch (cause) {
    throw reason(cause);
  }
}

async function* reasoned(parts: AsyncIterable<Part>): AsyncGenerator<Part, void> {
  try {
    yield* parts;
  } catch (cause) {
    throw reason(cause);
  }
}

function refuseDisguise(bytes: Uint8Array, extension: string, format: Format): void {
  const expected = format.content ?? 'text';
  const actual = contentOf(bytes, extension);
  if (actual === 'ole' && expected === 'zip') {
    throw new DomainError(
      'documents.encrypted',
      `The file is protected by a password, or is of an old format. Save it as plain .${extension}.`,
    );
  }
  if (actual !== expected) {
    throw new DomainError(
      'documents.malformed',
      `The content is not that of a .${extension} file. Check its name and upload it again.`,
    );
  }
}

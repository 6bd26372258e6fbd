import { extname } from 'node:path';
import { DOCUMENT_TYPES, type DocumentType } from '@belay/contracts';
import { DomainError, isDomainError } from '@belay/errors';
import { decodeText } from './formats/decode-text.js';
import { detectLanguage } from './language.js';
import { parseMarkdown } from './formats/parse-markdown.js';
import { parsePlain } from './formats/parse-plain.js';
import type { ParsedText } from './formats/text-builder.js';
import { titleOf } from './formats/title.js';

/** A document as plain text. Offsets are UTF-16 code units of `text`; `pages` holds each page's start. */
export interface ParsedDocument extends ParsedText {
  readonly title: string | null;
  readonly mediaType: string;
  readonly language: string;
}

const MOST_CHARACTERS = 5_000_000;
// A reader of PDF looks for the mark in this many bytes.
const PDF_MARK_WITHIN = 1024;

const DEEPEST_ATTACHMENT = 3;

interface Format {
  /** True of tables and mailboxes, whose first line or heading is not what they are about. */
  readonly untitled?: boolean;
  /** What the file is inside; text unless it is named. */
  readonly content?: 'pdf' | 'zip';
  /** `depth` counts the documents that this one is attached to. */
  readonly parse: (bytes: Uint8Array, depth: number) => ParsedText | Promise<ParsedText>;
}
// Parsers of the heavier formats are loaded when a document needs them: it would cost every text a fifth of a second.
const MARKDOWN: Format = { parse: (bytes) => parseMarkdown(textOf(bytes)) };
const HTML: Format = {
  parse: async (bytes) => (await import('./formats/parse-html.js')).parseHtml(textOf(bytes)),
};
const OPEN_DOCUMENT: Format = {
  content: 'zip',
  parse: async (bytes) => (await import('./formats/parse-open-document.js')).parseOpenDocument(bytes),
};
const delimited = (delimiter: ',' | '\t'): Format => ({
  untitled: true,
  parse: async (bytes) =>
    (await import('./formats/parse-delimited.js')).parseDelimited(textOf(bytes), delimiter),
});
const JSON_TEXT: Format = {
  untitled: true,
  parse: async (bytes) => (await import('./formats/parse-json.js')).parseJson(textOf(bytes)),
};
const FORMATS: Record<DocumentType, Format> = {
  md: MARKDOWN,
  markdown: MARKDOWN,
  txt: { parse: (bytes) => parsePlain(textOf(bytes)) },
  html: HTML,
  htm: HTML,
  pdf: {
    content: 'pdf',
    parse: async (bytes) => (await import('./formats/parse-pdf.js')).parsePdf(bytes),
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
    mediaType: DOCUMENT_TYPES[extension],
    language: detectLanguage(parsed.text),
  };
}

async function readText(bytes: Uint8Array, fileName: string, depth: number): Promise<ParsedText> {
  if (bytes.length === 0) throw new DomainError('documents.empty', 'The file is empty. Upload it again.');
  const extension = extensionOf(fileName);
  const format = FORMATS[extension];
  refuseDisguise(bytes, extension, format);
  const parsed = await read(format, bytes, depth);
  if (parsed.text.trim() === '') {
    const hint = extension === 'pdf' ? ' It may be a scan: add a text layer (OCR) and upload it again.' : '';
    throw new DomainError('documents.empty', `The document holds no text.${hint}`);
  }
  if (parsed.text.length > MOST_CHARACTERS) {
    throw new DomainError(
      'documents.too-large',
      'The document holds more than 5,000,000 characters. Split it.',
    );
  }
  return parsed;
}

// Node 20 decodes windows-1252 as Latin-1, which turns its quotes, dashes and euro signs into control characters.
const C1 =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

function textOf(bytes: Uint8Array): string {
  return decodeText(bytes).replace(/[\x80-\x9f]/g, (control) => C1[control.charCodeAt(0) - 0x80] ?? control);
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
async function read(format: Format, bytes: Uint8Array, depth: number): Promise<ParsedText> {
  try {
    return await format.parse(bytes, depth);
  } catch (cause) {
    if (isDomainError(cause)) throw cause;
    const message = 'The document cannot be read. Save it anew in a simpler form and upload it again.';
    throw new DomainError('documents.malformed', message, { cause });
  }
}

function contentOf(bytes: Uint8Array, extension: string): 'pdf' | 'zip' | 'ole' | 'text' {
  const start = Buffer.from(bytes.subarray(0, PDF_MARK_WITHIN)).toString('latin1');
  if (start.startsWith('PK\x03\x04')) return 'zip';
  if (start.startsWith('\xD0\xCF\x11\xE0')) return 'ole';
  // Elsewhere than at the start, the mark in a text file is only talk of PDF.
  return start.startsWith('%PDF-') || (extension === 'pdf' && start.includes('%PDF-')) ? 'pdf' : 'text';
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

import { extname } from 'node:path';
import { DomainError, isDomainError } from '@belay/errors';
import { decodeText } from './decode-text.js';
import { detectLanguage } from './language.js';
import { parseMarkdown } from './parse-markdown.js';
import { parsePlain } from './parse-plain.js';
import type { ParsedText } from './text-builder.js';
import { titleOf } from './title.js';

/** A document as plain text. Offsets are UTF-16 code units of `text`; `pages` holds each page's start. */
export interface ParsedDocument extends ParsedText {
  readonly title: string | null;
  readonly mediaType: string;
  readonly language: string;
}

const MOST_CHARACTERS = 5_000_000;
const WORD = 'application/vnd.openxmlformats-officedocument.wordprocessingml.document';
// A reader of PDF looks for the mark in this many bytes.
const PDF_MARK_WITHIN = 1024;

interface Format {
  readonly mediaType: string;
  readonly parse: (bytes: Uint8Array) => ParsedText | Promise<ParsedText>;
}
const MARKDOWN: Format = { mediaType: 'text/markdown', parse: (bytes) => parseMarkdown(textOf(bytes)) };
// Parsers of the heavier formats are loaded when a document needs them: it would cost every text a fifth of a second.
const HTML: Format = {
  mediaType: 'text/html',
  parse: async (bytes) => (await import('./parse-html.js')).parseHtml(textOf(bytes)),
};
const PDF: Format = {
  mediaType: 'application/pdf',
  parse: async (bytes) => (await import('./parse-pdf.js')).parsePdf(bytes),
};
const DOCX: Format = {
  mediaType: WORD,
  parse: async (bytes) => (await import('./parse-docx.js')).parseDocx(bytes),
};
const FORMATS = new Map<string, Format>([
  ['md', MARKDOWN],
  ['markdown', MARKDOWN],
  ['txt', { mediaType: 'text/plain', parse: (bytes) => parsePlain(textOf(bytes)) }],
  ['html', HTML],
  ['htm', HTML],
  ['pdf', PDF],
  ['docx', DOCX],
]);

/**
 * Reads md, txt, html, pdf and docx. Throws `documents.unsupported`, `.empty`, `.encrypted`, `.malformed` or
 * `.too-large`, each with what to do about it.
 */
export async function parseDocument(bytes: Uint8Array, fileName: string): Promise<ParsedDocument> {
  if (bytes.length === 0) throw new DomainError('documents.empty', 'The file is empty. Upload it again.');
  const extension = extname(fileName).slice(1).toLowerCase();
  const format = formatOf(extension);
  refuseDisguise(bytes, extension);
  const parsed = await read(format, bytes);
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
  return {
    ...parsed,
    title: titleOf(parsed),
    mediaType: format.mediaType,
    language: detectLanguage(parsed.text),
  };
}

// Node 20 decodes windows-1252 as Latin-1, which turns its quotes, dashes and euro signs into control characters.
const C1 =
  '\u20ac\x81\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\x8d\u017d\x8f\x90\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\x9d\u017e\u0178';

function textOf(bytes: Uint8Array): string {
  return decodeText(bytes).replace(/[\x80-\x9f]/g, (control) => C1[control.charCodeAt(0) - 0x80] ?? control);
}

function formatOf(extension: string): Format {
  const format = FORMATS.get(extension);
  if (format) return format;
  const what = extension ? `".${extension.slice(0, 20)}" files are` : 'A file without an extension is';
  throw new DomainError(
    'documents.unsupported',
    `${what} not read. Convert it to one of md, txt, html, pdf and docx.`,
  );
}

// A parser that gives up on hostile input (nesting too deep, say) refuses the document, nothing else.
async function read(format: Format, bytes: Uint8Array): Promise<ParsedText> {
  try {
    return await format.parse(bytes);
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

function refuseDisguise(bytes: Uint8Array, extension: string): void {
  const actual = contentOf(bytes, extension);
  const expected = extension === 'pdf' ? 'pdf' : extension === 'docx' ? 'zip' : 'text';
  if (actual === 'ole' && expected === 'zip') {
    throw new DomainError(
      'documents.encrypted',
      'The file is protected by a password, or is an old .doc. Save it as plain .docx.',
    );
  }
  if (actual !== expected) {
    throw new DomainError(
      'documents.malformed',
      `The content is not that of a .${extension} file. Check its name and upload it again.`,
    );
  }
}

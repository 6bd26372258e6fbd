import { DomainError } from '@belay/errors';
import { decodeText } from './decode-text.js';
import { detectLanguage } from './language.js';
import { parseDocx } from './parse-docx.js';
import { parseHtml } from './parse-html.js';
import { parseMarkdown } from './parse-markdown.js';
import { parsePdf } from './parse-pdf.js';
import { type ParsedText, TextBuilder } from './text-builder.js';

/** A document as plain text. Offsets are UTF-16 code units of `text`; `pages` holds each page's start. */
export interface ParsedDocument extends ParsedText {
  readonly title: string | null;
  readonly mediaType: string;
  readonly language: string;
}

const MOST_CHARACTERS = 5_000_000;
const MARKDOWN = 'text/markdown';

type Parser = (bytes: Uint8Array) => ParsedText | Promise<ParsedText>;
const PARSERS: Record<string, { mediaType: string; parse: Parser }> = {
  md: { mediaType: MARKDOWN, parse: (bytes) => parseMarkdown(decodeText(bytes)) },
  markdown: { mediaType: MARKDOWN, parse: (bytes) => parseMarkdown(decodeText(bytes)) },
  txt: { mediaType: 'text/plain', parse: (bytes) => parsePlain(decodeText(bytes)) },
  html: { mediaType: 'text/html', parse: (bytes) => parseHtml(decodeText(bytes)) },
  htm: { mediaType: 'text/html', parse: (bytes) => parseHtml(decodeText(bytes)) },
  pdf: { mediaType: 'application/pdf', parse: parsePdf },
  docx: {
    mediaType: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    parse: parseDocx,
  },
};

/**
 * Reads md, txt, html, pdf and docx. Throws `documents.unsupported`, `.empty`, `.encrypted`, `.malformed` or
 * `.too-large`, each with what to do about it.
 */
export async function parseDocument(bytes: Uint8Array, fileName: string): Promise<ParsedDocument> {
  if (bytes.length === 0) throw new DomainError('documents.empty', 'The file is empty. Upload it again.');
  const extension = fileName.split('.').at(-1)?.toLowerCase() ?? '';
  const parser = PARSERS[extension];
  if (!parser) {
    const known = 'md, txt, html, pdf and docx';
    throw new DomainError(
      'documents.unsupported',
      `".${extension}" files are not read. Convert it to one of ${known}.`,
    );
  }
  refuseDisguise(bytes, extension);
  const parsed = await parser.parse(bytes);
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
  const firstTitle = parsed.headings.find((heading) => heading.level === 1);
  return {
    ...parsed,
    title: firstTitle ? parsed.text.slice(firstTitle.start, firstTitle.end) : null,
    mediaType: parser.mediaType,
    language: detectLanguage(parsed.text),
  };
}

function refuseDisguise(bytes: Uint8Array, extension: string): void {
  const magic = Buffer.from(bytes.subarray(0, 8)).toString('latin1');
  const actual = magic.startsWith('%PDF-')
    ? 'pdf'
    : magic.startsWith('PK\x03\x04')
      ? 'zip'
      : magic.startsWith('\xD0\xCF\x11\xE0')
        ? 'ole'
        : 'text';
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

function parsePlain(text: string): ParsedText {
  const builder = new TextBuilder();
  for (const paragraph of text.split(/\n\s*\n/)) builder.paragraph(paragraph);
  return builder.build();
}

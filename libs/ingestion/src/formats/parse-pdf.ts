import { DomainError } from '@belay/errors';
import { getDocument, type PDFDocumentProxy, VerbosityLevel } from 'pdfjs-dist/legacy/build/pdf.mjs';
import { isListItem, joinParts } from './join-lines.js';
import { type ParsedText, TextBuilder } from './text-builder.js';

interface Item {
  readonly str: string;
  readonly hasEOL: boolean;
  readonly height: number;
  readonly transform: number[];
}

/** The text layer of a PDF, page by page in the order in which it was written; larger lines count as headings. */
export async function parsePdf(bytes: Uint8Array): Promise<ParsedText> {
  const builder = new TextBuilder();
  const task = getDocument({
    data: new Uint8Array(bytes),
    isEvalSupported: false,
    disableFontFace: true,
    useSystemFonts: false,
    useWorkerFetch: false,
    verbosity: VerbosityLevel.ERRORS,
  });
  try {
    const pdf = await task.promise;
    const pages: Line[][] = [];
    for (let number = 1; number <= pdf.numPages; number += 1) {
      const page = await pdf.getPage(number);
      const { items } = await page.getTextContent();
      pages.push(toLines(items.filter((item): item is (typeof items)[number] & Item => 'str' in item)));
      page.cleanup();
    }
    const whole = pages.flatMap((lines) => lines.map((line) => line.text)).join('\n');
    for (const lines of pages) {
      builder.page();
      writePage(builder, lines, whole);
    }
    return builder.build(await metadataTitle(pdf));
  } catch (error) {
    throw reasoned(error as Error);
  } finally {
    await task.destroy();
  }
}

async function metadataTitle(pdf: PDFDocumentProxy): Promise<string | null> {
  const { info } = await pdf.getMetadata();
  const { Title: title } = info as { Title?: unknown };
  return typeof title === 'string' ? title : null;
}

interface Line {
  text: string;
  y: number;
  height: number;
}

function writePage(builder: TextBuilder, lines: readonly Line[], whole: string): void {
  const body = median(lines.map((line) => line.height));
  let paragraph = '';
  let previous: Line | undefined;
  const flush = (): void => {
    builder.paragraph(paragraph);
    paragraph = '';
  };
  for (const line of lines) {
    const heading = line.height > body * 1.15 && line.text.length < 120;
    if (heading || isApart(previous, line)) flush();
    if (heading) builder.heading(line.height > body * 1.5 ? 1 : 2, line.text);
    else if (paragraph && isListItem(line.text)) paragraph += `\n${line.text.trim()}`;
    else paragraph = joinParts(paragraph, line.text.trim(), whole, true);
    previous = line;
  }
  flush();
}

function isApart(previous: Line | undefined, line: Line): boolean {
  if (!previous) return false;
  return Math.abs(previous.y - line.y) > Math.max(line.height, previous.height) * 1.7;
}

function toLines(items: readonly Item[]): Line[] {
  const lines: Line[] = [];
  let current: Line | undefined;
  for (const item of items) {
    const y = item.transform[5] ?? 0;
    current ??= { text: '', y, height: 0 };
    current.text += item.str;
    current.height = Math.max(current.height, item.height);
    if (item.str.trim()) current.y = y;
    if (!item.hasEOL) continue;
    if (current.text.trim()) lines.push(current);
    current = undefined;
  }
  if (current?.text.trim()) lines.push(current);
  return lines;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function reasoned(error: Error): DomainError {
  if (error.name === 'PasswordException') {
    return new DomainError(
      'documents.encrypted',
      'The PDF is protected by a password. Remove it and upload it again.',
    );
  }
  const message = 'The PDF cannot be read. Open it, print it to a new PDF and upload that.';
  return new DomainError('documents.malformed', message, { cause: error });
}

import { isDomainError } from '@belay/errors';
import {
  getDocument,
  type PDFDocumentProxy,
  type PDFPageProxy,
  Util,
  VerbosityLevel,
} from 'pdfjs-dist/legacy/build/pdf.mjs';
import { after, type Part, PART_CHARACTERS, type Resume } from '../part.js';
import { readPictures, readScannedPage } from './ocr.js';
import { type PageBoxes, placeRuns, type Run } from './page-boxes.js';
import { type Line, type ReadPage, writePage } from './pdf-lines.js';
import { insertAt, mayHideText, picturesWithoutText } from './pdf-pictures.js';
import { reasonOfPdf } from './pdf-reasons.js';
import { TextBuilder } from './text-builder.js';
import { titleOf } from './title.js';

const MOST_PAGES_A_PART = 16;

interface Item {
  readonly str: string;
  readonly hasEOL: boolean;
  readonly height: number;
  readonly width: number;
  readonly transform: number[];
}

/** The text layer of a PDF, some pages at a time, in the order in which it was written; larger lines are headings. */
export async function* streamPdf(bytes: Uint8Array, from: Resume): AsyncGenerator<Part, void> {
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
    const metadata = await metadataTitle(pdf);
    const source = {
      bytes,
      hasPictures: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).includes('/Image'),
    };
    for (let at = from; at.pages < pdf.numPages;) {
      const part = partOfPages(await readPages(pdf, at.pages + 1, source), at, metadata);
      yield part;
      at = after(part);
      await pdf.cleanup();
    }
  } catch (error) {
    throw reasonOfPdf(error as Error, bytes);
  } finally {
    await task.destroy();
  }
}

/** A PDF, and whether it draws pictures at all: they are streams, whose dictionaries are never packed. */
interface Source {
  readonly bytes: Uint8Array;
  readonly hasPictures: boolean;
}

async function readPages(pdf: PDFDocumentProxy, first: number, source: Source): Promise<ReadPage[]> {
  const pages: ReadPage[] = [];
  let characters = 0;
  while (first + pages.length <= pdf.numPages) {
    const { page, wasScanned } = await readWholePage(pdf, first + pages.length, source);
    pages.push(page);
    characters += page.lines.reduce((sum, line) => sum + line.text.length, 0);
    // A scanned page takes seconds: each is kept at once.
    if (characters >= PART_CHARACTERS || pages.length >= MOST_PAGES_A_PART || wasScanned) break;
  }
  return pages;
}

/** A page with its text, and with what its pictures say where its text does not tell enough. */
async function readWholePage(
  pdf: PDFDocumentProxy,
  number: number,
  { bytes, hasPictures }: Source,
): Promise<{ page: ReadPage; wasScanned: boolean }> {
  const page = await pdf.getPage(number);
  try {
    const read = await readPage(page);
    if (read.lines.length === 0) {
      const isScan = await showsPictures(page);
      return { page: isScan ? await readScannedPage(bytes, number, read) : read, wasScanned: isScan };
    }
    const pictures = hasPictures && mayHideText(read) ? await picturesWithoutText(page, read) : [];
    if (pictures.length === 0) return { page: read, wasScanned: false };
    const found = await readPictures(bytes, number, { size: read, pictures }).catch(unlessMissing);
    return { page: { ...read, lines: insertAt(read.lines, found) }, wasScanned: true };
  } finally {
    page.cleanup();
  }
}

// Without OCR the text of the page is read all the same; only a page without any needs it.
function unlessMissing(error: unknown): Line[] {
  if (isDomainError(error, 'documents.unsupported')) return [];
  throw error;
}

/** Pages as the next part of a document. */
export function partOfPages(pages: readonly ReadPage[], at: Resume, metadata: string | null): Part {
  const builder = new TextBuilder(at.offset);
  const whole = pages.flatMap(({ lines }) => lines.map((line) => line.text)).join('\n');
  const boxes: PageBoxes[] = [];
  const places = pages.map(({ lines }) => {
    builder.page();
    const start = builder.end;
    writePage(builder, lines, whole);
    return { start, end: builder.end };
  });
  const { text, headings, pages: starts } = builder.build();
  pages.forEach(({ width, height, lines }, index) => {
    const { start = 0, end = 0 } = places[index] ?? {};
    const own = text.slice(start - at.offset, end - at.offset);
    const page = { page: at.pages + index + 1, width: Math.round(width), height: Math.round(height) };
    const runs = lines.flatMap((line) => line.runs);
    boxes.push(placeRuns(page, runs, own, start));
  });
  return {
    ordinal: at.ordinal,
    start: at.offset,
    text,
    headings,
    path: at.path,
    firstPage: at.pages,
    pages: starts,
    boxes,
    title: at.ordinal === 0 ? titleOf({ text, headings, pages: starts, title: metadata }) : null,
  };
}

async function metadataTitle(pdf: PDFDocumentProxy): Promise<string | null> {
  const { info } = await pdf.getMetadata();
  const { Title: title } = info as { Title?: unknown };
  return typeof title === 'string' ? title : null;
}

async function readPage(page: PDFPageProxy): Promise<ReadPage> {
  const viewport = page.getViewport({ scale: 1 });
  const { items } = await page.getTextContent();
  const texts = items.filter((item): item is (typeof items)[number] & Item => 'str' in item);
  return { width: viewport.width, height: viewport.height, lines: toLines(texts, viewport.transform) };
}

// Only a page that draws a picture is worth reading by OCR: an empty one is empty.
async function showsPictures(page: PDFPageProxy): Promise<boolean> {
  const { OPS } = await import('pdfjs-dist/legacy/build/pdf.mjs');
  const { fnArray } = await page.getOperatorList();
  const pictures: number[] = [OPS.paintImageXObject, OPS.paintInlineImageXObject, OPS.paintImageMaskXObject];
  return fnArray.some((operation: number) => pictures.includes(operation));
}

function toLines(items: readonly Item[], view: number[]): Line[] {
  const lines: Line[] = [];
  let current: (Line & { runs: Run[] }) | undefined;
  for (const item of items) {
    const y = item.transform[5] ?? 0;
    current ??= { text: '', y, height: 0, runs: [] };
    current.text += item.str;
    current.height = Math.max(current.height, item.height);
    if (item.str.trim()) {
      current.y = y;
      current.runs.push(runOf(item, view));
    }
    if (!item.hasEOL) continue;
    if (current.text.trim()) lines.push(current);
    current = undefined;
  }
  if (current?.text.trim()) lines.push(current);
  return lines;
}

// The part of a line's height above its base line, about.
const ASCENT = 0.8;

function runOf({ str, transform, width }: Item, view: number[]): Run {
  const [a = 0, b = 0, c = 0, d = 0, x = 0, y = 0] = Util.transform(view, transform) as number[];
  const size = Math.hypot(c, d);
  const isUpright = Math.abs(a) >= Math.abs(b);
  if (isUpright) return { str, left: x, top: y - size * ASCENT, width, height: size };
  return { str, left: x - size * ASCENT, top: b < 0 ? y - width : y, width: size, height: width };
}

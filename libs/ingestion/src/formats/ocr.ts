import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DomainError } from '@belay/errors';
import { imageSize } from 'image-size';
import { linesOfWords, type OcrPage } from './ocr-lines.js';
import type { Run } from './page-boxes.js';
import type { Line, ReadPage } from './pdf-lines.js';
import { isOn, type Rectangle, rectangleOf } from './pdf-pictures.js';

const run = promisify(execFile);
// The longer side of the picture of a page: 220 dots an inch on A4.
const LONG_SIDE = 2600;
const MOST_PIXELS = 60_000_000;
const PAGE_MS = 45_000;
const MOST_OUTPUT = 64 * 2 ** 20;
// Each further language makes every page slower and short words less sure.
const MOST_LANGUAGES = 4;
const INSTALL =
  'Its text is a picture, and this server has no OCR. Ask its operator for: apt-get install tesseract-ocr poppler-utils';
const BROKEN = 'The picture is broken. Save it anew as PNG and upload it again.';

let languages: Promise<string> | undefined;

/** What the pictures of a page say, which stands beside its text. Throws `documents.unsupported` as below. */
export async function readPictures(
  pdf: Uint8Array,
  page: number,
  { size, pictures }: { size: ReadPage; pictures: readonly Rectangle[] },
): Promise<Line[]> {
  const factor = Math.max(size.width, size.height) / LONG_SIDE;
  const text = size.lines.flatMap(({ runs }) => runs);
  const inPoints = ({ left, top, width, height }: Run): Omit<Run, 'str'> => ({
    left: left * factor,
    top: top * factor,
    width: width * factor,
    height: height * factor,
  });
  const read = await recognisePage(pdf, page);
  const words = read?.words.filter((word) => {
    const place = inPoints(word);
    const middle = { ...place, left: place.left + place.width / 2, top: place.top + place.height / 2 };
    const isText = text.some((run) => isOn(rectangleOf(run), { ...middle, width: 0, height: 0 }));
    return !isText && pictures.some((picture) => isOn(picture, place));
  });
  return read && words ? linesOfWords({ ...read, words }, factor) : [];
}

/** Reads the picture of one page of a PDF. Throws `documents.unsupported` where the tools are not installed. */
export async function readScannedPage(
  pdf: Uint8Array,
  page: number,
  size: { width: number; height: number },
): Promise<ReadPage> {
  const read = await recognisePage(pdf, page);
  const factor = Math.max(size.width, size.height) / LONG_SIDE;
  return { width: size.width, height: size.height, lines: read ? linesOfWords(read, factor) : [] };
}

async function recognisePage(pdf: Uint8Array, page: number): Promise<OcrPage | undefined> {
  return withFolder(async (folder) => {
    writeFileSync(join(folder, 'in.pdf'), pdf);
    const number = String(page);
    const arguments_ = ['-f', number, '-l', number, '-singlefile', '-gray', '-png'];
    const scale = ['-scale-to', String(LONG_SIDE)];
    await tool('pdftoppm', [...arguments_, ...scale, join(folder, 'in.pdf'), join(folder, 'page')]);
    const [read] = await recognise(join(folder, 'page.png'));
    return read;
  });
}

/** The pages of a picture; sizes and places are its pixels. */
export async function readPicture(bytes: Uint8Array): Promise<ReadPage[]> {
  checkSize(bytes);
  return withFolder(async (folder) => {
    const file = join(folder, 'picture');
    writeFileSync(file, bytes);
    const pages = await recognise(file);
    return pages.map((page) => ({ width: page.width, height: page.height, lines: linesOfWords(page, 1) }));
  });
}

// Before anything unpacks it: a picture of few bytes may state a size that fills all memory.
function checkSize(bytes: Uint8Array): void {
  const { width, height } = sizeOf(bytes);
  if (width * height <= MOST_PIXELS) return;
  throw new DomainError(
    'documents.too-large',
    `The picture has ${width} × ${height} pixels. Make it smaller than ${MOST_PIXELS / 1e6} million.`,
  );
}

function sizeOf(bytes: Uint8Array): { width: number; height: number } {
  try {
    return imageSize(bytes);
  } catch (cause) {
    throw new DomainError('documents.malformed', BROKEN, { cause });
  }
}

async function recognise(file: string): Promise<OcrPage[]> {
  languages ??= installedLanguages();
  const { stdout } = await tool('tesseract', [file, 'stdout', '-l', await languages, '--psm', '3', 'tsv']);
  return pagesOf(stdout);
}

async function installedLanguages(): Promise<string> {
  const { stdout } = await tool('tesseract', ['--list-langs']);
  const all = stdout
    .split('\n')
    .slice(1)
    .filter((name) => /^\w+$/.test(name) && name !== 'osd');
  const english = all.filter((name) => name === 'eng');
  return [...english, ...all.filter((name) => name !== 'eng')].slice(0, MOST_LANGUAGES).join('+');
}

// Columns of Tesseract's table: level, page, block, paragraph, line, word, left, top, width, height, confidence, text.
function pagesOf(table: string): OcrPage[] {
  const pages: OcrPage[] = [];
  for (const row of table.split('\n').slice(1)) {
    const cells = row.split('\t');
    const [level, block, paragraph, line] = [0, 2, 3, 4].map((column) => Number(cells[column]));
    const [left = 0, top = 0, width = 0, height = 0] = cells.slice(6, 10).map(Number);
    const str = cells.slice(11).join(' ').trim();
    if (level === 1) pages.push({ width, height, words: [] });
    if (str === '') continue;
    const place = { paragraph: `${block} ${paragraph}`, line: `${block} ${paragraph} ${line}` };
    pages.at(-1)?.words.push({ str, left, top, width, height, ...place });
  }
  return pages;
}

async function tool(name: string, arguments_: readonly string[]): Promise<{ stdout: string }> {
  try {
    return await run(name, arguments_, { timeout: PAGE_MS, killSignal: 'SIGKILL', maxBuffer: MOST_OUTPUT });
  } catch (cause) {
    const { code, killed } = cause as { code?: string | number; killed?: boolean };
    if (code === 'ENOENT') throw new DomainError('documents.unsupported', INSTALL, { cause });
    const message = killed
      ? `Reading a page by OCR took longer than ${PAGE_MS / 1000} seconds. Scan it at a lower resolution.`
      : BROKEN;
    throw new DomainError('documents.malformed', message, { cause });
  }
}

async function withFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'belay-ocr-'));
  try {
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

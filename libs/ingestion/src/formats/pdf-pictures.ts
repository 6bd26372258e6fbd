import { OPS, type PDFPageProxy, Util } from 'pdfjs-dist/legacy/build/pdf.mjs';
import type { Run } from './page-boxes.js';
import type { Line, ReadPage } from './pdf-lines.js';

/** A rectangle of a page in points, from its upper left corner. */
export interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

const PICTURES: readonly number[] = [
  OPS.paintImageXObject,
  OPS.paintInlineImageXObject,
  OPS.paintImageMaskXObject,
];
// Logos, rules and bullets hold nothing to read.
const LEAST_SHARE = 0.03;
// A scan whose text was recognised before has that text on it.
const TEXT_ON_PICTURE = 60;
const MOST_OF_PAGE = 0.5;
const SCARCE = 300;
const SOME_OF_PAGE = 0.12;
// A page of prose on a background is read by its text.
const PROSE = 1500;

/** Characters that a page's text layer holds. */
const charactersOf = ({ lines }: ReadPage): number =>
  lines.reduce((sum, { text }) => sum + text.trim().length, 0);

/** Whether a page has so little text that its pictures may hold what it says. */
export const mayHideText = (page: ReadPage): boolean => charactersOf(page) < PROSE;

/**
 * Pictures of a page that are worth reading by OCR beside its text: those that carry no text of their own, where a
 * picture covers most of the page, or some of it while its text is scarce. None on a page whose text tells enough.
 */
export async function picturesWithoutText(page: PDFPageProxy, read: ReadPage): Promise<Rectangle[]> {
  const area = read.width * read.height;
  const runs = read.lines.flatMap((line) => line.runs);
  const bare = (await placesOfPictures(page, read)).filter(
    (picture) => sizeOf(picture) >= area * LEAST_SHARE && textOn(picture, runs) < TEXT_ON_PICTURE,
  );
  const share = bare.reduce((sum, picture) => sum + sizeOf(picture), 0) / area;
  const isWorthIt = share >= MOST_OF_PAGE || (share >= SOME_OF_PAGE && charactersOf(read) < SCARCE);
  return isWorthIt ? bare : [];
}

/** Whether a run stands on a rectangle: its middle does. */
export function isOn({ left, top, right, bottom }: Rectangle, run: Omit<Run, 'str'>): boolean {
  const [x, y] = [run.left + run.width / 2, run.top + run.height / 2];
  return x >= left && x <= right && y >= top && y <= bottom;
}

export const rectangleOf = ({ left, top, width, height }: Omit<Run, 'str'>): Rectangle => ({
  left,
  top,
  right: left + width,
  bottom: top + height,
});

/** Lines with what pictures say among them: before the first line that stands below where the first of these stands. */
export function insertAt(lines: readonly Line[], found: readonly Line[]): Line[] {
  const first = topOf(found[0]);
  const below = lines.findIndex((line) => topOf(line) > first);
  const at = below < 0 ? lines.length : below;
  return [...lines.slice(0, at), ...found, ...lines.slice(at)];
}

const topOf = (line: Line | undefined): number => Math.min(...(line?.runs ?? []).map((run) => run.top));

const sizeOf = ({ left, top, right, bottom }: Rectangle): number =>
  Math.max(0, right - left) * Math.max(0, bottom - top);

const textOn = (picture: Rectangle, runs: readonly Run[]): number =>
  runs.reduce((sum, run) => sum + (isOn(picture, run) ? run.str.trim().length : 0), 0);

// A picture fills the unit square of the space that it is drawn in; the operators before it say which that is.
async function placesOfPictures(page: PDFPageProxy, size: ReadPage): Promise<Rectangle[]> {
  const { fnArray, argsArray } = await page.getOperatorList();
  const found: Rectangle[] = [];
  const spaces = [page.getViewport({ scale: 1 }).transform as number[]];
  fnArray.forEach((operation, index) => {
    const given = (argsArray as unknown[][])[index] ?? [];
    if (PICTURES.includes(operation)) found.push(unitSquare(spaces.at(-1) ?? [], size));
    else changeSpace(spaces, operation, given);
  });
  return found;
}

function changeSpace(spaces: number[][], operation: number, given: readonly unknown[]): void {
  const space = spaces.at(-1) ?? [];
  if (operation === OPS.save) spaces.push(space);
  else if (operation === OPS.transform)
    spaces.splice(-1, 1, Util.transform(space, given as number[]) as number[]);
  else if (operation === OPS.paintFormXObjectBegin)
    spaces.push(Array.isArray(given[0]) ? (Util.transform(space, given[0] as number[]) as number[]) : space);
  else if ((operation === OPS.restore || operation === OPS.paintFormXObjectEnd) && spaces.length > 1)
    spaces.pop();
}

function unitSquare([a = 0, b = 0, c = 0, d = 0, x = 0, y = 0]: number[], size: ReadPage): Rectangle {
  const across = [x, x + a, x + c, x + a + c];
  const down = [y, y + b, y + d, y + b + d];
  return {
    left: Math.max(0, Math.min(...across)),
    top: Math.max(0, Math.min(...down)),
    right: Math.min(size.width, Math.max(...across)),
    bottom: Math.min(size.height, Math.max(...down)),
  };
}

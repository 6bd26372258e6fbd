/**
 * Where text stands on one page. `runs` holds six whole numbers a run: its start in the document's text, its length,
 * and left, top, width and height in tenths of a point from the upper left corner of the page as it is shown.
 */
export interface PageBoxes {
  readonly page: number;
  readonly width: number;
  readonly height: number;
  readonly runs: number[];
}

/** A run of text as it was found on a page, in points from the upper left corner. */
export interface Run {
  readonly str: string;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

// Joining lines drops a hyphen, folding drops white space: little is ever skipped to find the next character.
const LOOK_AHEAD = 12;
const TENTH = 10;

/**
 * Finds the runs of a page again in the text that was made of them, in their order.
 * @param start place of `text` in the document
 */
export function placeRuns(
  page: Omit<PageBoxes, 'runs'>,
  runs: readonly Run[],
  text: string,
  start: number,
): PageBoxes {
  const out: number[] = [];
  let at = 0;
  for (const run of runs) {
    const found = place(run.str, text, at);
    if (!found) continue;
    at = found.end;
    const box = [run.left, run.top, run.width, run.height].map((value) => Math.round(value * TENTH));
    out.push(start + found.start, found.end - found.start, ...box);
  }
  return { ...page, runs: out };
}

function place(str: string, text: string, from: number): { start: number; end: number } | undefined {
  let start: number | undefined;
  let at = from;
  for (const character of str.normalize('NFC').replace(/\s+/g, '')) {
    const found = text.indexOf(character, at);
    const skipped = found < 0 ? Infinity : text.slice(at, found).replace(/\s+/g, '').length;
    if (skipped > LOOK_AHEAD) continue;
    start ??= found;
    at = found + character.length;
  }
  return start === undefined ? undefined : { start, end: at };
}

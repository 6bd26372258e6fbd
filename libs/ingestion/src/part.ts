import type { PageBoxes } from './formats/page-boxes.js';
import type { ParsedText } from './formats/text-builder.js';

type Heading = ParsedText['headings'][number];

/** A heading above some text. */
export interface Above {
  readonly level: number;
  readonly title: string;
}

/**
 * A stretch of a document's text. `start` and all offsets are UTF-16 code units of the whole text, which is all
 * parts' `text` one after another. No part is larger than a few pages, so that nothing ever holds a whole document.
 */
export interface Part {
  readonly ordinal: number;
  readonly start: number;
  readonly text: string;
  readonly headings: Heading[];
  /** The headings above its first character. */
  readonly path: Above[];
  /** Pages before this part, and where those begin that begin here; null where a format has none. */
  readonly firstPage: number;
  readonly pages: number[] | null;
  readonly boxes: PageBoxes[] | null;
  /** The document's own title, with its first part. */
  readonly title: string | null;
}

/** Where reading goes on after the parts that are stored already. */
export interface Resume {
  readonly ordinal: number;
  readonly offset: number;
  readonly pages: number;
  readonly path: Above[];
}

export const BEGINNING: Resume = { ordinal: 0, offset: 0, pages: 0, path: [] };

/** Characters after which a part ends at the next paragraph, and those that it never exceeds. */
export const PART_CHARACTERS = 24_000;

/** The place behind a part. */
export function after(part: Part): Resume {
  return {
    ordinal: part.ordinal + 1,
    offset: part.start + part.text.length,
    pages: part.firstPage + (part.pages?.length ?? 0),
    path: pathAfter(part),
  };
}

/** The headings above what follows a part. */
function pathAfter({ path, headings, text, start }: Part): Above[] {
  const open = [...path];
  for (const heading of headings) {
    while ((open.at(-1)?.level ?? 0) >= heading.level) open.pop();
    open.push({ level: heading.level, title: text.slice(heading.start - start, heading.end - start) });
  }
  return open;
}

/** Cuts a text at paragraphs into parts; those before `from` are left out. */
export function* splitIntoParts(parsed: ParsedText, title: string | null, from: Resume): Generator<Part> {
  const pages = new Cursor(parsed.pages ?? [], (start) => start);
  const headings = new Cursor(parsed.headings, (heading) => heading.start);
  let at = BEGINNING;
  while (at.offset < parsed.text.length) {
    const end = endOfPart(parsed.text, at.offset);
    const text = parsed.text.slice(at.offset, end);
    const isLast = end === parsed.text.length;
    const part: Part = {
      ordinal: at.ordinal,
      start: at.offset,
      text,
      headings: headings.before(end),
      path: at.path,
      firstPage: at.pages,
      pages: parsed.pages && pages.before(isLast ? Infinity : end),
      boxes: null,
      title: at.ordinal === 0 ? title : null,
    };
    if (part.ordinal >= from.ordinal) yield part;
    at = after(part);
  }
}

/** Hands out sorted entries up to a place, each once. */
class Cursor<Entry> {
  private next = 0;

  constructor(
    private readonly entries: readonly Entry[],
    private readonly placeOf: (entry: Entry) => number,
  ) {}

  before(end: number): Entry[] {
    const first = this.next;
    while (this.next < this.entries.length && this.placeOf(this.entries[this.next] as Entry) < end)
      this.next += 1;
    return this.entries.slice(first, this.next);
  }
}

// At the last paragraph that fits; where one paragraph is longer than a part, at a line, sentence or word.
function endOfPart(text: string, start: number): number {
  if (text.length - start <= PART_CHARACTERS) return text.length;
  const window = text.slice(start, start + PART_CHARACTERS);
  for (const border of ['\n\n', '\n', '. ', ' ']) {
    const at = window.lastIndexOf(border);
    // The separator of paragraphs leads the next part; so does what follows a shorter border.
    if (at > 1) return start + at + (border === '\n\n' ? 0 : border.length);
  }
  const last = window.charCodeAt(window.length - 1);
  return start + window.length - (last >= 0xd800 && last <= 0xdbff ? 1 : 0);
}

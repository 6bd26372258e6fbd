import { splitSentences } from '@belay/retrieval';
import type { Part } from './part.js';

// How far to each side of a long word's middle its word borders are looked for.
const WORD_WINDOW = 64;
const words = new Intl.Segmenter('en', { granularity: 'word' });

/** A passage of a document: `text` equals text.slice(start, end) of its version. `ordinal` counts within its part, pages from 1. */
export interface Chunk {
  readonly ordinal: number;
  readonly start: number;
  readonly end: number;
  readonly page: number | null;
  readonly heading: string[];
  readonly tokens: number;
  readonly text: string;
}

export interface ChunkOptions {
  /** A chunk is closed at the sentence that brings it to this many tokens… */
  readonly target: number;
  /** …and never holds more than this many. */
  readonly cap: number;
  readonly countTokens: (text: string) => number;
}

interface Range {
  readonly start: number;
  readonly end: number;
}
interface Section extends Range {
  readonly heading: string[];
}

type Text = Pick<Part, 'text' | 'start' | 'headings' | 'path' | 'firstPage' | 'pages'> & {
  readonly language: string;
};

/**
 * Cuts at sentences, never across a heading. A heading without text below it becomes a chunk of its own. Each chunk is
 * cut when it is asked for, so that whoever takes them can let other work in between.
 */
export function* chunkPart(part: Text, options: ChunkOptions): Generator<Chunk> {
  let ordinal = 0;
  for (const section of sections(part)) {
    for (const range of pack(part, section, options)) {
      const text = part.text.slice(range.start, range.end);
      const start = part.start + range.start;
      const tokens = options.countTokens(text);
      const page = pageOf(part, start);
      const end = part.start + range.end;
      yield { ordinal, start, end, page, heading: section.heading, tokens, text };
      ordinal += 1;
    }
  }
}

function pageOf({ pages, firstPage }: Text, start: number): number | null {
  if (!pages) return null;
  return Math.max(1, firstPage + pages.filter((page) => page <= start).length);
}

// Offsets in here are those within the part.
function sections({ text, start: offset, headings, path: above }: Text): Section[] {
  const out: Section[] = [];
  const path = [...above];
  const body = (start: number, end: number): boolean => {
    const filled = text.slice(start, end).trim() !== '';
    if (filled) out.push({ start, end, heading: path.map((entry) => entry.title) });
    return filled;
  };
  const own = headings.map(({ level, start, end }) => ({ level, start: start - offset, end: end - offset }));
  body(0, own[0]?.start ?? text.length);
  own.forEach((heading, index) => {
    while (path.length > 0 && (path.at(-1)?.level ?? 0) >= heading.level) path.pop();
    const parents = path.map((entry) => entry.title);
    path.push({ level: heading.level, title: text.slice(heading.start, heading.end) });
    const next = own[index + 1];
    const hasBody = body(heading.end, next?.start ?? text.length);
    const hasChildren = next !== undefined && next.level > heading.level;
    if (!hasBody && !hasChildren) out.push({ start: heading.start, end: heading.end, heading: parents });
  });
  return out;
}

function* pack(parsed: Text, section: Section, options: ChunkOptions): Generator<Range> {
  const text = parsed.text.slice(section.start, section.end);
  const count = ({ start, end }: Range): number => options.countTokens(text.slice(start, end));
  const placed = ({ start, end }: Range): Range => ({
    start: section.start + start,
    end: section.start + end,
  });
  let open: Range | undefined;
  for (const piece of pieces(text, parsed.language, options)) {
    const joined: Range = { start: (open ?? piece).start, end: piece.end };
    let tokens = count(joined);
    if (open && tokens > options.cap) {
      yield placed(open);
      open = piece;
      tokens = count(piece);
    } else open = joined;
    if (tokens < options.target) continue;
    yield placed(open);
    open = undefined;
  }
  if (open) yield placed(open);
}

function* pieces(text: string, language: string, options: ChunkOptions): Generator<Range> {
  for (const sentence of splitSentences(text, language)) yield* cut(text, sentence, options);
}

// A sentence beyond the cap is halved at the word border nearest its middle until each part fits.
function cut(text: string, range: Range, options: ChunkOptions): Range[] {
  const slice = text.slice(range.start, range.end);
  if (slice.length < 2 || options.countTokens(slice) <= options.cap) return [range];
  const middle = borderNear(slice, Math.floor(slice.length / 2));
  const left = { start: range.start, end: range.start + slice.slice(0, middle).trimEnd().length };
  const rightText = slice.slice(middle);
  const right = {
    start: range.start + middle + (rightText.length - rightText.trimStart().length),
    end: range.end,
  };
  if (left.end <= left.start || right.end <= right.start) return [range];
  return [...cut(text, left, options), ...cut(text, right, options)];
}

// Spaces first; where a script writes none, the words of the segmenter; in one long word, between characters.
function borderNear(slice: string, middle: number): number {
  const before = slice.lastIndexOf(' ', middle);
  const after = slice.indexOf(' ', middle);
  const space = after < 0 || (before > 0 && middle - before <= after - middle) ? before : after;
  if (space > 0) return space;
  const from = wholeCharacter(slice, Math.max(0, middle - WORD_WINDOW));
  const window = slice.slice(from, wholeCharacter(slice, middle + WORD_WINDOW));
  const word = words.segment(window).containing(middle - from);
  if (word && word.index > 0) return from + word.index;
  return wholeCharacter(slice, middle);
}

// Never between the halves of a surrogate pair.
function wholeCharacter(text: string, at: number): number {
  return /[\udc00-\udfff]/.test(text[at] ?? '') && /[\ud800-\udbff]/.test(text[at - 1] ?? '') ? at + 1 : at;
}

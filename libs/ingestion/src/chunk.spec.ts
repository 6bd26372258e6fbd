import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Chunk, type ChunkOptions, chunkPart as chunksOf } from './chunk.js';
import { BEGINNING, splitIntoParts } from './part.js';
import { TextBuilder } from './formats/text-builder.js';

const LONE_SURROGATE = /\p{Cs}/u;
type Block = { readonly level: number; readonly text: string };
const WORDS = { target: 8, cap: 12, countTokens: (text: string) => text.split(/\s+/).filter(Boolean).length };
// Every code point counts: even a word without spaces has to be cut.
const POINTS = { target: 16, cap: 20, countTokens: (text: string) => [...text].length };

const NOTHING = { start: 0, text: '', headings: [], path: [], firstPage: 0, pages: null };
type Text = Parameters<typeof chunksOf>[0];
const chunkPart = (part: Text, options: ChunkOptions): Chunk[] => [...chunksOf(part, options)];
const whole = (builder: TextBuilder, language = 'en'): Text => {
  const [part] = splitIntoParts(builder.build(), null, BEGINNING);
  return { ...(part ?? NOTHING), language };
};

function document(blocks: readonly Block[], language = 'en'): Text {
  const builder = new TextBuilder();
  for (const { level, text } of blocks) {
    if (level > 0) builder.heading(level, text);
    else builder.paragraph(text);
  }
  return whole(builder, language);
}
const p = (text: string): Block => ({ level: 0, text });
const h = (level: number, text: string): Block => ({ level, text });
const shape = (chunks: readonly Chunk[]): string[] =>
  chunks.map(({ heading, text }) => `${heading.join(' > ')}: ${text}`);

describe('chunkPart', () => {
  it('keeps to the headings and gives the path above', () => {
    const parsed = document([
      p('Intro.'),
      h(1, 'A'),
      h(2, 'B'),
      p('Text of B.'),
      h(3, 'C'),
      h(1, 'D'),
      p('End.'),
    ]);
    expect(shape(chunkPart(parsed, WORDS))).toEqual([': Intro.', 'A > B: Text of B.', 'A > B: C', 'D: End.']);
  });

  it('joins small paragraphs until the target, and cuts a long sentence between words', () => {
    const joined = chunkPart(
      document([p('One two three.'), p('Four five six.'), p('Seven eight nine ten.'), p('Rest.')]),
      WORDS,
    );
    expect(joined.map(({ text }) => text)).toEqual([
      'One two three.\n\nFour five six.\n\nSeven eight nine ten.',
      'Rest.',
    ]);
    const long = Array.from({ length: 30 }, (_, index) => `w${index}`).join(' ');
    const parts = chunkPart(document([p(long)]), WORDS);
    expect(parts.map(({ text }) => text).join(' ')).toBe(long);
  });

  it('cuts text without spaces at words, never inside a surrogate pair', () => {
    const parts = chunkPart(
      document([p('これは日本語の長い文章であり空白がありません'.repeat(3))], 'ja'),
      POINTS,
    );
    expect(parts.every(({ text }) => !text.startsWith('本語') && !text.endsWith('日'))).toBe(true);
    const faces = chunkPart(document([p('😀'.repeat(101))]), POINTS);
    expect(faces.every(({ text }) => !LONE_SURROGATE.test(text))).toBe(true);
    expect(faces.map(({ text }) => text).join('')).toBe('😀'.repeat(101));
  });

  it('counts pages from 1 and skips empty ones', () => {
    const builder = new TextBuilder();
    for (const text of ['One two three four five six seven eight.', '', 'Last.']) {
      builder.page();
      builder.paragraph(text);
    }
    expect(chunkPart(whole(builder), WORDS).map(({ page }) => page)).toEqual([1, 3]);
  });
});

describe('any document', () => {
  const piece = fc.oneof(
    fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
    fc
      .array(fc.constantFrom('word', 'Dr.', 'end.', '😀😀', '東京。', '3.', '𝒳'), { maxLength: 60 })
      .map((words) => words.join(' ')),
  );
  const blocks = fc.array(fc.record({ level: fc.constantFrom(0, 0, 0, 1, 2, 3), text: piece }), {
    maxLength: 8,
  });

  it.each([
    ['words', WORDS],
    ['code points', POINTS],
  ])('is covered in order by exact chunks within the cap, counted in %s', (_, options) => {
    fc.assert(
      fc.property(blocks, (given) => {
        const parsed = document(given);
        const chunks = chunkPart(parsed, options);
        const covered = new Array<boolean>(parsed.text.length).fill(false);
        let last = 0;
        chunks.forEach((chunk, index) => {
          expect(chunk.ordinal).toBe(index);
          expect(chunk.start).toBeGreaterThanOrEqual(last);
          expect(chunk.text).toBe(parsed.text.slice(chunk.start, chunk.end));
          expect(chunk.text).toBe(chunk.text.trim());
          expect(chunk.text).not.toMatch(LONE_SURROGATE);
          expect(chunk.tokens).toBe(options.countTokens(chunk.text));
          expect(chunk.tokens).toBeGreaterThan(0);
          expect(chunk.tokens).toBeLessThanOrEqual(options.cap);
          covered.fill(true, chunk.start, chunk.end);
          last = chunk.end;
        });
        // Each heading is in the path of a chunk, or is itself cut into chunks.
        const paths = new Set(chunks.flatMap(({ heading }) => heading));
        for (const { start, end } of parsed.headings)
          if (paths.has(parsed.text.slice(start, end))) covered.fill(true, start, end);
        const missed = [...covered.keys()].filter((at) => !covered[at] && parsed.text[at]?.trim());
        expect(missed).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});

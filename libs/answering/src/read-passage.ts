import { analyzeText, type Passage, type SentenceRange, splitSentences } from '@belay/retrieval';
import { wordsOf } from './meaning.js';

/** A sentence of a passage: its range in the passage's text, its index terms and their number. */
export interface ReadSentence {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly terms: ReadonlyMap<string, number>;
  readonly length: number;
  /** As word vectors are looked up by. */
  readonly words: readonly string[];
  /** What it continues: the sentence before, or for a list item the sentence that leads the list in. */
  readonly lead: ReadonlyMap<string, number>;
  /** The index of that sentence, -1 where it continues none. */
  readonly leadAt: number;
}

/** A passage taken apart, whatever is asked of it. */
export interface ReadPassage {
  readonly sentences: readonly ReadSentence[];
  /** Terms of the document's title and of the headings above the passage. */
  readonly above: ReadonlyMap<string, number>;
}

const NOTHING: ReadonlyMap<string, number> = new Map();
const MARKER = /^(?:[-*+•‣◦–]|\(?(?:\d{1,3}|\p{L})[.)])\s+(?=\S)/u;

/** Takes a passage apart into analysed sentences; the marker of a list item is not part of it. */
export function readPassage({ text, title, heading, language }: Passage): ReadPassage {
  const sentences: ReadSentence[] = [];
  let intro = -1;
  for (const range of splitSentences(text, language)) {
    const marker = markerOf(text, range);
    const start = range.start + marker.length;
    const sentence = text.slice(start, range.end);
    const read = analyzeText(sentence, language);
    const leadAt = marker !== '' && intro >= 0 ? intro : sentences.length - 1;
    if (marker === '') intro = sentence.endsWith(':') ? sentences.length : -1;
    sentences.push({
      ...read,
      words: wordsOf(sentence),
      ...{ start, end: range.end, text: sentence, lead: sentences[leadAt]?.terms ?? NOTHING, leadAt },
    });
  }
  return { sentences, above: analyzeText([title, ...heading].join('\n'), language).terms };
}

function markerOf(text: string, { start, end }: SentenceRange): string {
  const beginsLine = start === 0 || text[start - 1] === '\n';
  return (beginsLine && MARKER.exec(text.slice(start, end))?.[0]) || '';
}

import { splitSentences } from '@belay/retrieval';

const SHORTEST_WORDS = 6;
const LONGEST_WORDS = 30;

/**
 * A question whose answer is known: the middle one of a passage's sentences that are long enough to say something.
 * Undefined where it has none.
 */
export function knownItemQuery(body: string, language: string): string | undefined {
  const sentences = splitSentences(body, language)
    .map(({ start, end }) => body.slice(start, end).trim())
    .filter((sentence) => {
      const words = sentence.split(/\s+/).length;
      return words >= SHORTEST_WORDS && words <= LONGEST_WORDS;
    });
  return sentences[Math.floor(sentences.length / 2)];
}

/** nDCG@10 of one query with one right passage. */
export function gainOf(found: readonly number[], right: number): number {
  const rank = found.slice(0, 10).indexOf(right);
  return rank < 0 ? 0 : 1 / Math.log2(rank + 2);
}

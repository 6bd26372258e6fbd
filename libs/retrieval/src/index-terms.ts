import { analyzeText, termId } from './analyze.js';

const LARGEST_SMALLINT = 32_767;

/** The index rows of one chunk; `length` is what its `chunk_length` and `token_count` hold. */
export interface ChunkPostings {
  readonly postings: { readonly termId: string; readonly frequency: number }[];
  readonly length: number;
}

/** Postings of a chunk. Words of its title and heading path count as its own, so that it is found by them. */
export function postingsOf(
  text: string,
  heading: readonly string[],
  title: string,
  language: string,
): ChunkPostings {
  const { terms, length } = analyzeText([title, ...heading, text].join('\n'), language);
  const postings = [...terms].map(([term, count]) => ({
    termId: termId(term),
    frequency: Math.min(count, LARGEST_SMALLINT),
  }));
  return { postings, length };
}

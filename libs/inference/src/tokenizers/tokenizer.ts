import type { EmbeddingModelEntry } from '../store/model-entry.js';
import { UnigramTokenizer, type UnigramVocabulary } from './unigram-tokenizer.js';
import { WordPieceTokenizer } from './word-piece-tokenizer.js';

/** Turns text into a model's token ids, special tokens included, at most `limit` of them. */
export interface Tokenizer {
  encode(text: string, limit?: number): number[];
}

/** The file of a tokenizer's vocabulary, beside the graph. */
export const VOCABULARY_FILE = { wordpiece: 'vocab.txt', unigram: 'unigram.json' } as const;

/** Reads the tokenizer of a model; `read` gives the text of its vocabulary file. */
export function readTokenizer(
  model: Pick<EmbeddingModelEntry, 'tokenizer' | 'specialTokens'>,
  read: (name: string) => string,
): Tokenizer {
  const { tokenizer, specialTokens } = model;
  const text = read(VOCABULARY_FILE[tokenizer.type]);
  switch (tokenizer.type) {
    case 'wordpiece':
      return new WordPieceTokenizer(text, { ...tokenizer, specialTokens });
    case 'unigram':
      return new UnigramTokenizer(JSON.parse(text) as UnigramVocabulary);
  }
}

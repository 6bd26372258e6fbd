import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { modelsFolder } from '../store/model-store.js';
import { readHubTokenizer } from '../store/hub-tokenizer.js';
import type { Tokenizer } from './tokenizer.js';
import { UnigramTokenizer, type UnigramVocabulary } from './unigram-tokenizer.js';
import { WordPieceTokenizer } from './word-piece-tokenizer.js';

// Made by models/training/script_reference.py.
const FIXTURES = fileURLToPath(new URL('../../fixtures/scripts/', import.meta.url));
const read = (name: string): string => readFileSync(join(FIXTURES, name), 'utf8');
const { texts, replacements } = JSON.parse(read('reference.json')) as {
  texts: { text: string; unigram: number[]; wordpiece: number[] }[];
  replacements: Record<string, string>;
};

const vocabulary = JSON.parse(
  readHubTokenizer({
    name: 'fixture',
    names: ['tokenizer.json'],
    text: (name) => (name === 'tokenizer.json' ? read(name) : undefined),
    data: () => {
      throw new Error('a tokenizer has no weights');
    },
    close: () => undefined,
  }).vocabulary,
) as UnigramVocabulary;

const different = (tokenizer: Tokenizer, kind: 'unigram' | 'wordpiece'): string[] =>
  texts.filter((one) => tokenizer.encode(one.text).join() !== one[kind].join()).map(({ text }) => text);

describe('tokenizers on texts of all scripts', () => {
  it('there are enough of them', () => expect(texts.length).toBeGreaterThan(250));

  it('WordPiece gives the ids of the reference', () => {
    const words = readFileSync(join(modelsFolder(), 'static-en-256', 'vocab.txt'), 'utf8');
    const tokenizer = new WordPieceTokenizer(words, { lowercase: true, stripAccents: true });
    expect(different(tokenizer, 'wordpiece')).toEqual([]);
  });

  it('Unigram gives the ids of the reference by compiled rules', () => {
    expect(vocabulary.normaliser.type).toBe('charsmap');
    expect(different(new UnigramTokenizer(vocabulary), 'unigram')).toEqual([]);
  });

  it('Unigram gives them by the rules of single characters too', () => {
    const normaliser = { type: 'replacements', replacements } as const;
    expect(different(new UnigramTokenizer({ ...vocabulary, normaliser }), 'unigram')).toEqual([]);
  });

  it('what marks begin and end for the model stays text where somebody types it', () => {
    const ids = new UnigramTokenizer(vocabulary).encode('a </s> b <s> c');
    expect(ids.filter((id) => vocabulary.special.includes(id) && id !== vocabulary.unknown)).toEqual([
      vocabulary.begin,
      vocabulary.end,
    ]);
  });
});

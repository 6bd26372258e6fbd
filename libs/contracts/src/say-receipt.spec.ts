import { describe, expect, it } from '@jest/globals';
import { sayRemoved } from './say-receipt.js';

describe('what was removed', () => {
  it.each([
    [
      { chunks: 1, vectors: 2, postings: 22, versions: 1, originals: 1 },
      '1 passage, 1 version and its original file',
    ],
    [
      { chunks: 12, vectors: 24, versions: 3, originals: 3 },
      '12 passages, 3 versions and their original files',
    ],
    [{ chunks: 0, vectors: 0, postings: 0, versions: 1, originals: 1 }, '1 version and its original file'],
    [{ chunks: 4, versions: 2, originals: 1 }, '4 passages, 2 versions and 1 original file'],
    [{ question: 1, feedback: 0, ledgerPayload: 1, readings: 0 }, '1 question with its answer'],
    [
      { question: 1, feedback: 1, ledgerPayload: 1, readings: 2 },
      '1 question with its answer, 1 rating and 2 readings of it in later questions',
    ],
    [{}, 'what was there of it'],
  ])('%j is said as %s', (removed, words) => expect(sayRemoved(removed)).toBe(words));
});

import { describe, expect, it } from '@jest/globals';
import type { AnswerSentence } from '@belay/contracts';
import { COMPARISON_STRATEGY } from './several/draft-answer.js';
import { wordAnswer } from './word-answer.js';

const FOUND = 'Quoted from documents that you may read.';

function sentence(title: string, date: string, other: Partial<AnswerSentence> = {}): AnswerSentence {
  const place = { documentId: title, versionId: title, start: 0, end: 1, sha256: '', page: null };
  const citation = { ...place, title, collection: '', collectionId: '', quote: title, date };
  const citations = [{ ...citation, dateStated: true, superseded: false }];
  return { text: title, citations, role: 'answer', subject: null, ...other };
}
const otherwise = { role: 'conflicting' } as const;
const word = (sentences: AnswerSentence[], shown: Partial<Parameters<typeof wordAnswer>[0]> = {}): string =>
  wordAnswer({
    ...{ question: 'What does a lunch cost?', outcome: 'answered', strategy: 'any', confidence: null },
    ...{ sentences, withheld: 0, unnamed: [], at: new Date('2026-11-27T12:00:00Z') },
    ...shown,
  });

describe('the word with an answer', () => {
  it('names every document that disagrees, with its date', () => {
    const disagreeing = [
      sentence('Prices', '2026-01'),
      sentence('Old “prices”', '2024', otherwise),
      sentence('New prices', '2027', otherwise),
    ];
    expect(word(disagreeing)).toBe(
      `${FOUND} Documents disagree: [1] “Prices” is from 2026-01, [2] “Old "prices"” is from 2024, [3] “New prices” is from 2027 (still to come).`,
    );
  });

  it('says what is still to come where nothing disagrees, once for each document', () => {
    const next = sentence('Next prices', '2026-12-01');
    expect(word([next, next])).toBe(`${FOUND} “Next prices” is from 2026-12-01 (still to come).`);
    const sides = [
      sentence('Heron', '2025', { subject: 'Heron pump' }),
      sentence('Egret', '2027', { subject: 'Egret pump' }),
    ];
    const compared = {
      question: 'Compare the flow of the Heron pump and the Egret pump',
      strategy: COMPARISON_STRATEGY,
    };
    expect(word(sides, compared)).toBe(`${FOUND} “Egret” is from 2027 (still to come).`);
    expect(word([sentence('Today', '2026-11-27')])).toBe(FOUND);
  });

  it('says that no quote speaks of the time that was asked about', () => {
    const from = sentence('From 2024 on a lunch costs EUR 12', '2024');
    expect(word([from], { question: 'What did a lunch cost before 2024?' })).toBe(
      `${FOUND} No quote speaks of the time before 2024.`,
    );
    expect(word([from], { question: 'What does a lunch cost after 2024?' })).toBe(FOUND);
  });

  it('law-1: says of a contradiction, or of a side, that may no longer be read only that it is gone', () => {
    const gone = 'One quote is no longer available to you.';
    expect(word([sentence('Prices', '2026')], { withheld: 1 })).toBe(`${FOUND} ${gone}`);
    const compared = {
      question: 'Compare the flow of the Heron pump and the Egret pump',
      strategy: COMPARISON_STRATEGY,
    };
    const side = sentence('Heron', '2025', { subject: 'Heron pump' });
    expect(word([side], { ...compared, withheld: 1 })).toBe(`${FOUND} ${gone}`);
  });
});

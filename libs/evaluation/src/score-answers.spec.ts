import { describe, expect, it } from '@jest/globals';
import { type AskedQuestion, scoreAnswers } from './score-answers.js';
import { containsAnswer, normalise, tokenF1 } from './token-overlap.js';

const asked = (change: Partial<AskedQuestion>): AskedQuestion => ({
  answerable: true,
  answers: ['thirty days'],
  sentences: [],
  citations: 0,
  validCitations: 0,
  confidence: null,
  language: 'und',
  ...change,
});

describe('scoreAnswers', () => {
  it('counts each figure over the questions it is about', () => {
    const right = asked({ sentences: ['You have thirty days.'], citations: 1, validCitations: 1 });
    const wrong = asked({ sentences: ['Ask HR.', 'Or ask your manager.'], citations: 2, validCitations: 1 });
    const refused = asked({});
    const rightlyRefused = asked({ answerable: false, answers: [] });
    const invented = asked({ answerable: false, answers: [], sentences: ['Blue.'], citations: 1 });
    expect(scoreAnswers([right, wrong, refused, rightlyRefused, invented])).toEqual({
      answered_rate: 3 / 5,
      contains_gold: 1 / 3,
      mean_words: (4 + 6 + 1) / 3,
      // "you have thirty days" and "thirty days": precision 2/4, recall 2/2.
      token_f1: 2 / 3 / 3,
      false_refusal: 1 / 3,
      true_refusal: 1 / 2,
      citation_validity: 2 / 4,
    });
  });

  it('has no figure where nothing of the kind was asked', () => {
    expect(scoreAnswers([asked({ answerable: false })])).toEqual({
      answered_rate: 0,
      contains_gold: null,
      mean_words: null,
      token_f1: null,
      false_refusal: null,
      true_refusal: 1,
      citation_validity: null,
    });
  });

  it('takes the accepted answer that fits best', () => {
    const question = asked({ answers: ['blue whale', 'thirty'], sentences: ['Thirty.'] });
    expect(scoreAnswers([question])).toMatchObject({ contains_gold: 1, token_f1: 1 });
  });
});

// Expected values as SQuAD 1.1's evaluation script gives them.
describe('words as SQuAD compares them', () => {
  it.each([
    ['The  Quick, brown fox!', 'quick brown fox'],
    ['an "A-B" theory of the sea', 'ab theory of sea'],
    ['Straße — 3.5 %', 'straße — 35'],
    ['a. the an', ''],
  ])('%s', (text, expected) => expect(normalise(text)).toBe(expected));

  it.each([
    ['the cat sat', 'cat sat', 1],
    ['cat cat dog', 'cat', 0.5],
    ['dog', 'cat', 0],
    ['the', 'a', 1],
    ['the', 'cat', 0],
  ])('F1 of "%s" and "%s"', (given, gold, f1) => expect(tokenF1(given, gold)).toBeCloseTo(f1, 12));

  it('finds an answer whatever its case and spacing', () => {
    expect(containsAnswer('They took\nThirty  days off.', ['thirty days'])).toBe(true);
    expect(containsAnswer('They took thirty more days.', ['thirty days', 'none'])).toBe(false);
  });
});

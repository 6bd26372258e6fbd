import { describe, expect, it } from '@jest/globals';
import { analyzeQuery, type Passage, type SearchOutcome, weighTerms } from '@belay/retrieval';
import { readQuestion } from './question.js';
import { rankSentences } from './rank-sentences.js';
import { describeSentences } from './sentence-features.js';
import { describeEvidence } from './weigh-evidence.js';

const ASKED = 'At what speed does the automobile stop?';

function evidenceOf(
  text: string,
  several: readonly Partial<Passage>[] = [],
  asked = ASKED,
): Record<string, number> {
  const one: Passage = {
    ...{ chunkId: 1, title: 'Fleet', text, start: 0, end: text.length, documentId: 'd', versionId: 'v' },
    ...{ collection: 'handbook', path: 'fleet.md', heading: [], page: null, language: 'en' },
    ...{ score: 0.5, cosine: 0.4, bm25: 6 },
  };
  const queryTerms = weighTerms(analyzeQuery(asked, ['en']), 40, () => 1);
  const passages = [...(text === '' ? [] : [one]), ...several.map((passage) => ({ ...one, ...passage }))];
  const outcome: SearchOutcome = { passages, queryTerms, visibleChunks: 40 };
  const question = readQuestion(asked, queryTerms);
  const last = rankSentences(describeSentences(question, outcome.passages), { position: 1 });
  return describeEvidence(question, outcome, last);
}

describe('describeEvidence', () => {
  it('counts less as unsaid where another word says it', () => {
    const inOtherWords = evidenceOf('The car halts at 30 km/h speed.');
    const besides = evidenceOf('The invoice arrives at a good speed.');
    expect(inOtherWords['missingMass']).toBeCloseTo(besides['missingMass'] as number);
    expect(inOtherWords['unsaidMass']).toBeLessThan(besides['unsaidMass'] as number);
    expect(inOtherWords['unsaidHighest']).toBeLessThan(besides['unsaidHighest'] as number);
  });

  it('counts what the sentence or the one before it says as said', () => {
    expect(evidenceOf('The automobile is fast. It can stop at that speed.')['unsaidMass']).toBe(0);
  });

  it('counts every word as unsaid where nothing was found', () => {
    const { unsaidMass, missingMass } = evidenceOf('');
    expect(unsaidMass).toBeGreaterThan(0);
    expect(unsaidMass).toBe(missingMass);
  });

  it('says how near the best sentence comes, and how much nearer than another passage', () => {
    expect(evidenceOf('')).toMatchObject({ sense: 0, senseLead: 0, mostSense: 0 });
    expect(evidenceOf('The car halts.')).toMatchObject({ sense: 0.4, senseLead: 0, mostSense: 0.4 });
    const parts = [
      { parts: [0.3, 0.8], text: 'The car halts. It is red.' },
      { parts: [0.6], text: 'The invoice arrives.' },
    ];
    const { sense, senseLead, mostSense } = evidenceOf('', parts);
    expect([sense, mostSense]).toEqual([0.8, 0.8]);
    expect(senseLead).toBeCloseTo(0.2);
  });

  it('says that a figure is lacking, where figures in words would be known', () => {
    const lacks = (text: string, language = 'en') => evidenceOf('', [{ text, language }])['lacksFigure'];
    expect(lacks('The automobile stops at a low speed.')).toBe(1);
    expect(lacks('The automobile stops at 30 km/h.')).toBe(0);
    expect(lacks('The automobile stops at twenty knots of speed.')).toBe(0);
    expect(lacks('Der Wagen hält bei zwanzig Knoten.', 'de')).toBe(0);
  });

  it('takes a hyphenated word for one thing, however it is written', () => {
    const misses = (text: string) =>
      evidenceOf(text, [], 'What is the on-call allowance?')['missingCompound'];
    expect(misses('Phone calls are not allowed on the bridge.')).toBe(1);
    for (const written of ['on-call', 'On call', 'oncall'])
      expect(misses(`The allowance is paid for ${written} weeks.`)).toBe(0);
    expect(misses('Upon callers no allowance is spent.')).toBe(1);
    expect(evidenceOf('The allowance.')['missingCompound']).toBe(0);
  });

  it('reads a question of one word in one go, however long it is', () => {
    // By the square of its letters it would take minutes.
    expect(evidenceOf('', [], '㌖'.repeat(20_000))['missingCompound']).toBe(0);
  });
});

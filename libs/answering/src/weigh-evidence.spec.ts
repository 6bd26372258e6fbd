import { describe, expect, it } from '@jest/globals';
import { analyzeQuery, type Passage, type SearchOutcome, weighTerms } from '@belay/retrieval';
import { readQuestion } from './question.js';
import { rankSentences } from './rank-sentences.js';
import { describeSentences } from './sentence-features.js';
import { describeEvidence } from './weigh-evidence.js';

const ASKED = 'At what speed does the automobile stop?';

function evidenceOf(text: string): Record<string, number> {
  const passage: Passage = {
    ...{ chunkId: 1, title: 'Fleet', text, start: 0, end: text.length, documentId: 'd', versionId: 'v' },
    ...{ collection: 'handbook', path: 'fleet.md', heading: [], page: null, language: 'en' },
    ...{ score: 0.5, cosine: 0.4, bm25: 6 },
  };
  const queryTerms = weighTerms(analyzeQuery(ASKED, ['en']), 40, () => 1);
  const outcome: SearchOutcome = { passages: text === '' ? [] : [passage], queryTerms, visibleChunks: 40 };
  const question = readQuestion(ASKED, queryTerms);
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
});

import { describe, expect, it } from '@jest/globals';
import { analyzeQuery, type Passage, weighTerms } from '@belay/retrieval';
import { readQuestion } from './question.js';
import { rankSentences } from './rank-sentences.js';
import { chooseSecond, describeSecond } from './second-sentence.js';
import { describeSentences } from './sentence-features.js';

const passage = (chunkId: number, text: string): Passage => ({
  ...{ chunkId, title: 'Harbour', text, start: 0, end: text.length },
  ...{ documentId: `d${chunkId}`, versionId: `v${chunkId}`, collection: 'handbook', path: `${chunkId}.md` },
  ...{ heading: [], page: null, language: 'en', score: 0.3, cosine: 0, bm25: 0 },
});

const asked = 'When was the old lighthouse at Skagen painted red?';
const terms = analyzeQuery(asked, ['en']);
const question = readQuestion(
  asked,
  weighTerms(terms, 60, () => 2),
);
const passages = [
  passage(1, 'Gulls nest there. The old lighthouse at Skagen is tall. It was painted red in 1921.'),
  passage(2, 'The old lighthouse at Skagen is open on Sundays. Boats are let by the hour.'),
];
const ranked = rankSentences(describeSentences(question, passages), { own: 1 });
const textsOf = (weights: Record<string, number>) =>
  chooseSecond(question, ranked, weights).map(({ text }) => text);

describe('chooseSecond', () => {
  it('puts second what says of the question what the best sentence does not, and keeps the order of the rest', () => {
    const order = ranked.map(({ text }) => text);
    const [best, , ...rest] = order;
    expect(best).toBe('The old lighthouse at Skagen is tall.');
    expect(order[1]).toBe('The old lighthouse at Skagen is open on Sundays.');
    const chosen = textsOf({ behind: 0.1, adds: 1 });
    expect(chosen.slice(0, 2)).toEqual([best, 'It was painted red in 1921.']);
    expect(chosen.slice(2)).toEqual([order[1], ...rest.filter((text) => text !== chosen[1])]);
  });

  it('keeps the order of the ranking where nothing speaks for another, and few sentences as they are', () => {
    expect(textsOf({ behind: 1 })).toEqual(ranked.map(({ text }) => text));
    expect(chooseSecond(question, ranked.slice(0, 1), { adds: 1 })).toEqual(ranked.slice(0, 1));
    expect(chooseSecond(question, [], { adds: 1 })).toEqual([]);
  });

  it('knows the neighbours of the best sentence in its passage, and no neighbours in another', () => {
    const find = (text: string) => ranked.find((row) => row.text === text) ?? ranked[0];
    const places = ['Gulls nest there.', 'It was painted red in 1921.', 'Boats are let by the hour.'].map(
      (text) => {
        const [best, other] = [ranked[0], find(text)];
        if (!best || !other) throw new Error('Nothing is ranked.');
        const { samePassage, next, previous } = describeSecond(question, best, other);
        return { samePassage, next, previous };
      },
    );
    expect(places).toEqual([
      { samePassage: 1, next: 0, previous: 1 },
      { samePassage: 1, next: 1, previous: 0 },
      { samePassage: 0, next: 0, previous: 0 },
    ]);
  });
});

import { describe, expect, it } from '@jest/globals';
import { loadModel, StaticTable, verifyModel } from '@belay/inference';
import { analyzeQuery, analyzeText, type Passage, weighTerms } from '@belay/retrieval';
import { wordsOf } from './meaning.js';
import { type Question, type QuestionWord, readQuestion } from './question.js';
import { readPassage } from './read-passage.js';
import { type DescribedSentence, describeSentences } from './sentence-features.js';

// What the features mean, written down as plainly as can be: the fast way must give the same bits.
const table = new StaticTable(verifyModel(loadModel('static-en-256', {})));
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

function vectorOf(words: readonly string[]): Float32Array {
  const vector = new Float32Array(table.dimension);
  for (const word of words) table.word(word).forEach((value, at) => (vector[at] = (vector[at] ?? 0) + value));
  return vector;
}

const dot = (a: Float32Array, b: Float32Array): number =>
  sum([...a].map((value, at) => value * (b[at] ?? 0)));

function cosine(a: Float32Array, b: Float32Array): number {
  const norms = Math.sqrt(dot(a, a)) * Math.sqrt(dot(b, b));
  return norms > 0 ? dot(a, b) / norms : 0;
}

type Has = (term: string) => boolean;
const isHeld = (word: QuestionWord, has: Has): boolean => word.forms.some(has);
const share = (words: readonly QuestionWord[], has: Has): number =>
  sum(words.map((word) => (isHeld(word, has) ? word.idf : 0))) / sum(words.map(({ idf }) => idf));

function plainly({ words, lowered, totalIdf }: Question, passage: Passage, text: string) {
  const { sentences, above } = readPassage(passage);
  const at = sentences.findIndex((sentence) => sentence.text === text);
  const [here, after] = [sentences[at], sentences[at + 1]];
  if (here === undefined) throw new Error('No such sentence.');
  const isOwn: Has = (term) => here.terms.has(term);
  const isAround: Has = (term) => isOwn(term) || here.lead.has(term) || above.has(term);
  const names = words.filter(({ name }) => name);
  const rarest = [...words].sort((a, b) => b.idf - a.idf).slice(0, 3);
  const pairs = words.slice(1).map((word, index) => [words[index] ?? word, word] as const);
  const weightOf = ([a, b]: (typeof pairs)[number]): number => Math.min(a.idf, b.idf);
  const isPair = ([a, b]: (typeof pairs)[number]): boolean => isHeld(a, isOwn) && isHeld(b, isOwn);
  const near = words.map(({ written }) =>
    Math.max(0, ...here.words.map((word) => cosine(vectorOf(wordsOf(written)), vectorOf([word])))),
  );
  return {
    own: share(words, isOwn),
    all: share(words, (term) => isAround(term) || (after?.terms.has(term) ?? false)),
    passageAll: share(words, (term) => above.has(term) || sentences.some(({ terms }) => terms.has(term))),
    nameShare: names.length > 0 ? share(names, isOwn) : 0.5,
    namesAround: names.length > 0 ? share(names, isAround) : 0.5,
    rarest: rarest.filter((word) => isHeld(word, isAround)).length / rarest.length,
    pairs: sum(pairs.map((pair) => (isPair(pair) ? weightOf(pair) : 0))) / sum(pairs.map(weightOf)),
    like: cosine(vectorOf(wordsOf(lowered)), vectorOf(here.words)),
    aligned: sum(words.map(({ idf }, index) => idf * (near[index] ?? 0))) / totalIdf,
  };
}

const passage = (chunkId: number, title: string, language: string, text: string): Passage => ({
  ...{
    chunkId,
    title,
    text,
    start: 0,
    end: text.length,
    documentId: `d${chunkId}`,
    versionId: `v${chunkId}`,
  },
  ...{ collection: 'handbook', path: `${title}.md`, heading: ['Rules'], page: null, language },
  ...{ score: 0.5, cosine: 0.4, bm25: 6 },
});
const PASSAGES = [
  passage(
    1,
    'Leave',
    'en',
    'Staff get 28 days of leave. It lapses in March, says Ada King.\n\nBring:\n\n- a form\n\n- proof',
  ),
  passage(2, 'Wartung', 'de', 'Die Häuser in Köln werden im Mai geprüft. Danach gilt NSI-E4417 als gelöst.'),
  passage(3, '休暇', 'ja', '東京都の休暇は28日です。三月に失効します。'),
];
const QUESTIONS = [
  'How many days of leave do staff of Ada King get before March?',
  'Wann werden die Häuser in Köln geprüft?',
  '東京都の休暇は何日ですか？',
  'Which form clears NSI-E4417, and who proves it to the managers of each of the eleven sites?',
  'xyzzy?',
];

describe('describeSentences', () => {
  it.each(QUESTIONS)('gives each feature as it is defined, to the last bit: %s', (text) => {
    const held = PASSAGES.map((row) => analyzeText(row.text, row.language).terms);
    const terms = analyzeQuery(text, ['en', 'de', 'ja']);
    const weights = weighTerms(terms, 40, (id) => {
      const term = terms.find(({ termId }) => termId === id)?.term ?? '';
      return held.filter((row) => row.has(term)).length;
    });
    const question = readQuestion(text, weights);
    const described = describeSentences(question, PASSAGES);
    expect(described.length).toBeGreaterThan(6);
    const seen = described.map(({ features }: DescribedSentence) => features);
    const defined = described.map((row) => plainly(question, row.passage, row.text));
    defined.forEach((features, index) => expect(seen[index]).toMatchObject(noNothing(features)));
  });

  it('compares a sentence by its own vector, and by that of its passage where it has none yet', () => {
    const question = readQuestion(
      'leave',
      weighTerms(analyzeQuery('leave', ['en']), 40, () => 1),
    );
    const [leave, ...others] = PASSAGES as [Passage, ...Passage[]];
    const senses = describeSentences(question, [
      { ...leave, parts: [0.2, 0.9, 0.1, 0.3, 0.3] },
      ...others,
    ]).map(({ features: { sense, senseRelative, senseInPassage, isBestSense, isNextSense } }) =>
      [sense, senseRelative, senseInPassage, isBestSense, isNextSense].map((value) =>
        Number(value?.toFixed(6)),
      ),
    );
    expect(senses.slice(0, 3)).toEqual([
      [0.2, -0.7, -0.7, 0, 0],
      [0.9, 0, 0, 1, 0],
      [0.1, -0.8, -0.8, 0, 0],
    ]);
    expect(senses.at(-1)).toEqual([0.4, -0.5, 0, 0, 1]);
    const cutOtherwise = describeSentences(question, [{ ...leave, parts: [0.2, 0.9] }]);
    expect(cutOtherwise.map(({ features }) => features['sense'])).toEqual(cutOtherwise.map(() => 0.4));
  });
});

// A share of nothing is 0.
const noNothing = (features: Record<string, number>): Record<string, number> =>
  Object.fromEntries(
    Object.entries(features).map(([name, value]) => [name, Number.isNaN(value) ? 0 : value]),
  );

import { afterAll, describe, expect, it } from '@jest/globals';
import { SentenceReader } from '@belay/inference';
import { analyzeQuery, analyzeText, weighTerms, type Passage, type SearchOutcome } from '@belay/retrieval';
import { composeAnswer as compose } from './compose-answer.js';
import { rankerOf } from './rankers.js';

const composeAnswer = (question: string, outcome: SearchOutcome, sentences: number) =>
  compose(question, outcome, sentences, { ranker: rankerOf('static-en-256'), reader });
const reader = SentenceReader.bundled();
afterAll(() => reader.close());

const passage = (chunkId: number, title: string, text: string, rest: Partial<Passage> = {}): Passage => ({
  ...{ chunkId, title, text, start: 100 * chunkId, end: 100 * chunkId + text.length },
  ...{ documentId: `d${chunkId}`, versionId: `v${chunkId}`, collection: 'handbook', path: `${title}.md` },
  ...{ heading: [], page: null, language: 'en', score: 0.3, cosine: 0, bm25: 0 },
  ...rest,
});

function outcomeOf(question: string, passages: Passage[]): SearchOutcome {
  const analyzed = passages.map(({ title, text }) => analyzeText(`${title}\n${text}`, 'en').terms);
  const terms = analyzeQuery(question, ['en']);
  const chunks = 60;
  const queryTerms = weighTerms(terms, chunks, (id) => {
    const term = terms.find(({ termId }) => termId === id)?.term ?? '';
    const frequency = analyzed.filter((held) => held.has(term)).length;
    return ['how', 'mani', 'do', 'the', 'is', 'of'].includes(term) ? 40 : frequency;
  });
  return { passages, queryTerms, visibleChunks: chunks };
}

const leave = passage(
  1,
  'Leave policy',
  'Leave policy\nPermanent employees receive 28 days of annual leave. Unused days lapse in March.',
  { score: 0.7, cosine: 0.6, bm25: 9 },
);
const pets = passage(2, 'Office pets', 'Dogs may come on Fridays. Cats stay at home.');
const question = 'How many days of annual leave do permanent employees receive?';

describe('composeAnswer', () => {
  it('quotes the sentence that answers, at its place in the version', async () => {
    const answer = await composeAnswer(question, outcomeOf(question, [leave, pets]), 1);
    if (answer.outcome !== 'answered') throw new Error('abstained');
    const [sentence] = answer.sentences;
    expect(answer.sentences).toHaveLength(1);
    expect(sentence?.text).toBe('Permanent employees receive 28 days of annual leave.');
    expect(sentence).toMatchObject({ documentId: 'd1', versionId: 'v1', start: 113, end: 165 });
  });

  it('abstains where nothing bears on the question or nothing was found', async () => {
    const asked = 'Which telescope photographed the nebula in Orion?';
    expect((await composeAnswer(asked, outcomeOf(asked, [pets]), 2)).outcome).toBe('abstained');
    expect(await composeAnswer(asked, outcomeOf(asked, []), 2)).toEqual({
      outcome: 'abstained',
      confidence: 0,
      threshold: expect.any(Number) as unknown,
    });
  });

  it.each(['What is this?', 'What to do?', 'what can you do?', 'Was ist das?'])(
    'abstains where a question says nothing of what it is about: %s',
    async (asked) => {
      const ill = passage(5, 'This page', 'This page explains what to do when you are ill and what it is.', {
        ...{ score: 0.8, cosine: 0.8, bm25: 9 },
      });
      expect(await composeAnswer(asked, outcomeOf(asked, [ill, pets]), 2)).toEqual({
        outcome: 'abstained',
        confidence: 0,
        threshold: expect.any(Number) as unknown,
      });
    },
  );

  it('takes rows of two tables for a contradiction only where both say the code that is asked for', async () => {
    const asked = 'What is the torque of an M8 bolt?';
    const table = (chunkId: number, rows: string): Passage =>
      passage(chunkId, 'Bolts', rows, { score: 0.8, cosine: 0.8, bm25: 9 });
    const own = table(6, 'Bolt: M8; Torque: 25 Nm\nBolt: M10; Torque: 49 Nm');
    const conflictsWith = async (rows: string): Promise<string[]> => {
      const answer = await composeAnswer(asked, outcomeOf(asked, [own, table(7, rows)]), 1);
      return answer.outcome === 'answered' ? answer.conflicts.map(({ text }) => text) : ['abstained'];
    };
    expect(await conflictsWith('Bolt: M8; Torque: 25 Nm\nBolt: M12; Torque: 85 Nm')).toEqual([]);
    expect(await conflictsWith('Bolt: M8; Torque: 30 Nm')).toEqual(['Bolt: M8; Torque: 30 Nm']);
  });

  describe('where documents disagree', () => {
    const conflicts = async (
      asked: string,
      texts: readonly (readonly [string, string])[],
    ): Promise<string[]> => {
      const passages = texts.map(([title, text], index) =>
        passage(10 + index, title, text, { score: 0.8 - index / 100, cosine: 0.8, bm25: 9 }),
      );
      const answer = await composeAnswer(asked, outcomeOf(asked, passages), 1);
      return answer.outcome === 'answered' ? answer.conflicts.map(({ text }) => text) : ['abstained'];
    };

    it('takes all of them, and with them what says just the same as the best', async () => {
      const years = [2026, 2025, 2024, 2023, 2022, 2021];
      const asked = 'What does the monthly travel card cost?';
      const card = (year: number): string => `The monthly travel card costs ${year - 1200} kronor.`;
      const texts = years.map((year) => [`Travel card ${year}`, card(year)] as const);
      expect((await conflicts(asked, texts)).sort()).toEqual(years.slice(1).map(card).sort());
      const same = [...texts.slice(0, 2), ['Costs', card(2026)], ['More costs', card(2026)]] as const;
      expect((await conflicts(asked, same)).sort()).toEqual([card(2025), card(2026), card(2026)].sort());
      expect(await conflicts(asked, [texts[0] ?? ['', ''], ['Costs', card(2026)]])).toEqual([]);
    });

    it('knows one currency under its names', async () => {
      const texts = [
        ['Car wash', 'A car wash costs SEK 60.'],
        ['Car wash', 'A car wash costs 50 kronor.'],
      ] as const;
      expect(await conflicts('What does a car wash cost?', texts)).toHaveLength(1);
      const other = [...texts.slice(0, 1), ['Car wash', 'A car wash costs 5 euros.']] as const;
      expect(await conflicts('What does a car wash cost?', other)).toEqual([]);
    });

    it('takes what is said of another one for no contradiction, by a code in the sentence or above it', async () => {
      const stands = [37, 30, 2].map(
        (n) => [`Machine M${n}`, `The machine M${n} stands in hall ${n % 7}.`] as const,
      );
      expect(await conflicts('In which hall does a machine stand?', stands)).toEqual([]);
      const belts = [37, 30].map((n) => [`Machine M${n}`, `A belt is replaced every ${n} weeks.`] as const);
      expect(await conflicts('How many weeks until a belt is replaced?', belts)).toEqual([]);
      const versions = [1, 2].map(
        (n) => [`Machines v${n}`, `A belt is replaced every ${n + 20} weeks.`] as const,
      );
      expect(await conflicts('How many weeks until a belt is replaced?', versions)).toHaveLength(1);
    });
  });

  it('shows a sentence once, however many documents hold it, and nothing only to fill up', async () => {
    const copy = { ...leave, chunkId: 3, documentId: 'd3', versionId: 'v3' };
    const answer = await composeAnswer(question, outcomeOf(question, [leave, copy, pets]), 3);
    const texts = answer.outcome === 'answered' ? answer.sentences.map(({ text }) => text) : [];
    expect(texts[0]).toContain('28 days');
    expect(new Set(texts).size).toBe(texts.length);
    expect(texts).not.toContain('Cats stay at home.');
  });

  it('prefers the answer to a question that repeats the asked one', async () => {
    const faq = passage(4, 'FAQ', `${question}\nPermanent employees receive 28 days of leave.`, {
      ...{ score: 0.8, cosine: 0.7, bm25: 12 },
    });
    const answer = await composeAnswer(question, outcomeOf(question, [faq, pets]), 1);
    expect(answer.outcome === 'answered' && answer.sentences[0]?.text).toContain('28 days');
  });
});

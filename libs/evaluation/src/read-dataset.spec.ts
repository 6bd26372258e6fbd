import { mkdirSync, mkdtempSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readAnswerSet, readRetrievalSet } from './read-dataset.js';

const HANDBOOK = fileURLToPath(new URL('../fixtures/handbook', import.meta.url));

describe('the fixture of the project', () => {
  it('is read as documents, queries and judgements', () => {
    const set = readRetrievalSet(HANDBOOK);
    expect(set.name).toBe('handbook');
    expect(set.corpus.length).toBeGreaterThan(5);
    expect([...set.queries.keys()]).toEqual([...set.judgements.keys()]);
  });

  it('is read as questions with their answers', () => {
    const { questions } = readAnswerSet(HANDBOOK);
    expect(questions.some((question) => question.answerable)).toBe(true);
    expect(questions.some((question) => !question.answerable)).toBe(true);
  });
});

describe('a dataset with a mistake', () => {
  let folder: string;
  const write = (name: string, ...lines: unknown[]): void =>
    writeFileSync(
      join(folder, name),
      lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n') + '\n',
    );

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'belay-dataset-'));
    mkdirSync(join(folder, 'qrels'));
    write('corpus.jsonl', { _id: 'a', title: 'A', text: 'Alpha.' }, { _id: 'b', text: 'Beta.' });
    write('queries.jsonl', { _id: 'q1', text: 'alpha?' }, { _id: 'q2', text: 'beta?' });
    write('qrels/test.tsv', 'query-id\tcorpus-id\tscore', 'q1\ta\t2', 'q1\tb\t0');
    write('answers.jsonl', { _id: 'q1', doc: 'a', answerable: true, answers: ['Alpha'] });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('is fine without one', () => {
    const { queries, judgements } = readRetrievalSet(folder);
    expect([...queries]).toEqual([['q1', 'alpha?']]);
    expect(judgements.get('q1')?.get('a')).toBe(2);
    expect(readAnswerSet(folder).questions[0]?.question).toBe('alpha?');
  });

  it('takes the only judgements there are', () => {
    unlinkSync(join(folder, 'qrels/test.tsv'));
    write('qrels/dev.tsv', 'q2\tb\t1');
    expect([...readRetrievalSet(folder).queries.keys()]).toEqual(['q2']);
  });

  it.each([
    ['corpus.jsonl', ['{"_id": "a", "text": "x"}', '{"_id": '], /corpus\.jsonl, line 2: it is not JSON/],
    ['corpus.jsonl', ['{"_id": "a", "text": 3}'], /corpus\.jsonl, line 1: "text" must be text\./],
    ['corpus.jsonl', ['', '[]'], /corpus\.jsonl, line 2: /],
    ['corpus.jsonl', [''], /corpus\.jsonl: it is empty/],
    ['queries.jsonl', ['{"_id": "q1", "text": "x"}', '{"_id": "q1", "text": "y"}'], /line 2: .*"q1".*twice/],
    ['queries.jsonl', ['{"_id": "q1", "text": "  "}'], /queries\.jsonl, line 1: "text" must not be empty\./],
    ['qrels/test.tsv', ['q1\ta'], /test\.tsv, line 1: a judgement is/],
    ['qrels/test.tsv', ['q1\ta\t1', 'q1\tb\thigh'], /test\.tsv, line 2: a judgement is/],
    ['qrels/test.tsv', ['q9\ta\t1'], /test\.tsv, line 1: queries\.jsonl holds no query "q9"/],
    ['qrels/test.tsv', ['query-id\tcorpus-id\tscore'], /no query has a judgement/],
  ])('%s %j', (name, lines, message) => {
    write(name, ...lines);
    expect(() => readRetrievalSet(folder)).toThrow(message);
  });

  it.each([
    [{ _id: 'q9', doc: 'a', answers: ['x'] }, /answers\.jsonl, line 1: queries\.jsonl holds no query "q9"/],
    [{ _id: 'q1', doc: 'z', answers: ['x'] }, /answers\.jsonl, line 1: corpus\.jsonl holds no document "z"/],
    [{ _id: 'q1', doc: 'a', answerable: true, answers: [] }, /line 1: .*needs an answer/],
    [
      { _id: 'q1', doc: 'a', answerable: 'yes', answers: ['x'] },
      /line 1: "answerable" must be true or false\./,
    ],
  ])('answers %j', (line, message) => {
    write('answers.jsonl', line);
    expect(() => readAnswerSet(folder)).toThrow(message);
  });

  it('names what is missing', () => {
    expect(() => readRetrievalSet(join(folder, 'nowhere'))).toThrow(/nowhere: there is no such folder/);
    rmSync(join(folder, 'answers.jsonl'));
    expect(() => readAnswerSet(folder)).toThrow(/answers\.jsonl: there is no such file/);
    rmSync(join(folder, 'qrels'), { recursive: true });
    expect(() => readRetrievalSet(folder)).toThrow(/qrels: there is no such folder/);
  });

  it('refuses bytes that are no text', () => {
    writeFileSync(join(folder, 'corpus.jsonl'), Buffer.from([0x7b, 0xff, 0xfe]));
    expect(() => readRetrievalSet(folder)).toThrow(/corpus\.jsonl: it cannot be read as UTF-8/);
  });
});

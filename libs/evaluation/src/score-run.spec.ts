import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { scoreRun } from './score-run.js';

const FIXTURE = new URL('../fixtures/trec-eval/', import.meta.url);
const read = (name: string): string => readFileSync(new URL(name, FIXTURE), 'utf8');
const METRICS = ['ndcg@10', 'recall@10', 'recall@100'] as const;

function table(name: string): Map<string, Map<string, number>> {
  const rows = new Map<string, Map<string, number>>();
  for (const line of read(name).trim().split('\n')) {
    const [query = '', document = '', value] = line.split('\t');
    rows.set(query, (rows.get(query) ?? new Map<string, number>()).set(document, Number(value)));
  }
  return rows;
}

// expected.json holds what trec_eval made of the same files; expected.py beside it says how.
describe('scoreRun equals trec_eval', () => {
  const judgements = table('qrels.tsv');
  const run = table('run.tsv');
  const expected = JSON.parse(read('expected.json')) as {
    means: Record<string, number>;
    queries: Record<string, Record<string, number>>;
  };

  it.each(Object.keys(expected.queries))('on the query "%s"', (query) => {
    const scores = scoreRun(new Map([[query, judgements.get(query) ?? new Map()]]), run);
    for (const metric of METRICS)
      expect(scores[metric]).toBeCloseTo(expected.queries[query]?.[metric] ?? -1, 7);
  });

  it('on the mean over every judged query', () => {
    const scores = scoreRun(judgements, run);
    for (const metric of METRICS) expect(scores[metric]).toBeCloseTo(expected.means[metric] ?? -1, 7);
  });

  it('holds the cases that rankings are got wrong by', () => {
    expect(run.has('no-results')).toBe(false);
    expect(judgements.has('unjudged')).toBe(false);
    expect(new Set(run.get('ties')?.values()).size).toBe(1);
    expect(Object.keys(expected.queries)).toHaveLength(7);
  });

  it('is 0 for no results at all', () => {
    const scores = scoreRun(judgements, new Map());
    expect(scores).toEqual({ 'ndcg@10': 0, 'recall@10': 0, 'recall@100': 0 });
  });
});

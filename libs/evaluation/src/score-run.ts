/** Relevance by query and document. Above 0 is relevant; higher is more so. */
export type Judgements = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Scores that a search gave, by query and document. */
export type Run = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** Means over every judged query. */
export interface RetrievalMetrics {
  readonly 'ndcg@10': number;
  readonly 'recall@10': number;
  readonly 'recall@100': number;
}

/**
 * trec_eval's ndcg_cut_10, recall_10 and recall_100 over every judged query (its option -c): one without
 * results scores 0, and results of a query without judgements do not count.
 */
export function scoreRun(judgements: Judgements, run: Run): RetrievalMetrics {
  const scored = [...judgements].map(([query, judged]) => {
    const gains = rank(run.get(query) ?? new Map()).map((document) => Math.max(0, judged.get(document) ?? 0));
    const ideal = [...judged.values()].filter((gain) => gain > 0).sort((a, b) => b - a);
    return { ndcg: ndcg(gains, ideal, 10), near: recall(gains, ideal, 10), far: recall(gains, ideal, 100) };
  });
  return {
    'ndcg@10': mean(scored.map((query) => query.ndcg)),
    'recall@10': mean(scored.map((query) => query.near)),
    'recall@100': mean(scored.map((query) => query.far)),
  };
}

/** The figures of the queries of each language by themselves. */
export function scoreRunByLanguage(
  judgements: Judgements,
  run: Run,
  languages: ReadonlyMap<string, string>,
): Record<string, RetrievalMetrics> {
  const languageOf = (query: string) => languages.get(query) ?? 'und';
  const spoken = [...new Set([...judgements.keys()].map(languageOf))].sort();
  return Object.fromEntries(
    spoken.map((language) => {
      const own = [...judgements].filter(([query]) => languageOf(query) === language);
      return [language, scoreRun(new Map(own), run)];
    }),
  );
}

// As trec_eval ranks: by score in single precision, ties by descending bytes of the document's id.
function rank(scores: ReadonlyMap<string, number>): string[] {
  return [...scores]
    .map(([document, score]) => ({ document, score: Math.fround(score) }))
    .sort((a, b) => b.score - a.score || Buffer.compare(Buffer.from(b.document), Buffer.from(a.document)))
    .map(({ document }) => document);
}

function ndcg(gains: readonly number[], ideal: readonly number[], depth: number): number {
  const best = discounted(ideal.slice(0, depth));
  return best === 0 ? 0 : discounted(gains.slice(0, depth)) / best;
}

function discounted(gains: readonly number[]): number {
  return gains.reduce((sum, gain, index) => sum + gain / Math.log2(index + 2), 0);
}

function recall(gains: readonly number[], relevant: readonly number[], depth: number): number {
  if (relevant.length === 0) return 0;
  return gains.slice(0, depth).filter((gain) => gain > 0).length / relevant.length;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

import { SearchResponse, type SearchRequest } from '@belay/contracts';
import { type RetrievalMetrics, type RetrievalSet, scoreRun, scoreRunByLanguage } from '@belay/evaluation';
import { CliError } from '../failure.js';
import type { ApiClient } from '../http/api-client.js';
import type { TrialCollection } from './trial-collection.js';

export interface RetrievalResult {
  readonly metrics: RetrievalMetrics;
  readonly languages: Record<string, RetrievalMetrics>;
  readonly models: Record<string, string>;
}

const DEPTH = 100;
const LONGEST_QUERY = 2000;

/**
 * Searches with every judged query and holds the documents found against the judgements. An administrator may name
 * another embedding generation than the active one.
 */
export async function evaluateRetrieval(
  api: ApiClient,
  set: RetrievalSet,
  collection: TrialCollection,
  route: SearchRequest['route'],
  generation?: number,
): Promise<RetrievalResult> {
  let models: Record<string, string> = {};
  const found = await collection.each([...set.queries], async ([id, text]) => {
    const query = text.slice(0, LONGEST_QUERY);
    const within = { collection: collection.name, ...(generation !== undefined && { generation }) };
    const body = { query, route, limit: DEPTH, unit: 'document', ...within };
    const response = await api.call('search', SearchResponse, { method: 'POST', body });
    ({ models } = response);
    const scores = response.results.map(({ documentId, score }) => {
      const document = collection.corpusId(documentId);
      if (document === undefined) throw new CliError(`The search left its collection: ${documentId}.`);
      return [document, score] as const;
    });
    return [id, new Map(scores)] as const;
  });
  const run = new Map(found);
  const languages = scoreRunByLanguage(set.judgements, run, set.languages);
  return { metrics: scoreRun(set.judgements, run), languages, models };
}

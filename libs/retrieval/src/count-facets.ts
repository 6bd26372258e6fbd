import type { Facets, SearchRequest } from '@belay/contracts';
import type { Transaction } from '@belay/database';
import { analyzeQuery } from './analyze.js';
import { type Facet, FacetRepository } from './facet.repository.js';
import { type PassageFilter, passageFilter } from './passage-filter.js';
import type { RetrievalRepository } from './retrieval.repository.js';

const facets = new FacetRepository();

// A facet is counted without its own filter, so that it shows what else could be chosen. Folders go down instead.
const WITHOUT: Readonly<Record<Facet, readonly (keyof PassageFilter)[]>> = {
  collections: [],
  types: ['mediaTypes'],
  languages: ['languages'],
  folders: [],
};

/** Counts, in the search's own snapshot, the values that its filters could take among what the person may read. */
export async function countFacets(
  tx: Transaction,
  repository: RetrievalRepository,
  request: SearchRequest,
): Promise<Facets> {
  const scopesIn = async (collection: string | undefined): Promise<number[]> =>
    (await repository.readableScopes(tx, collection))
      .filter((scope) => scope.chunkCount > 0)
      .map((scope) => scope.scopeId);
  const all = await scopesIn(undefined);
  const chosen = request.collection === undefined ? all : await scopesIn(request.collection);
  const terms = analyzeQuery(request.query, await repository.readableLanguages(tx, request.collection));
  const termIds = terms.map((term) => term.termId);
  const filter = passageFilter(request.filter) ?? {};
  const count = (facet: Facet, scopeIds: readonly number[]) => {
    const kept = { ...filter };
    for (const part of WITHOUT[facet]) kept[part] = undefined;
    const matchingOnly = request.route === 'lexical';
    return facets.count(tx, { facet, scopeIds, termIds, filter: kept, matchingOnly });
  };
  return {
    collections: await count('collections', all),
    types: await count('types', chosen),
    languages: await count('languages', chosen),
    folders: await count('folders', chosen),
  };
}

import type { SearchRequest } from '@belay/contracts';
import { useSearchParams } from 'react-router';

/** Filters of which several values are alternatives, and those of which there is one. */
export type Several = 'type' | 'language';
export type One = 'collection' | 'folder' | 'since' | 'until';

const STEP = 20;
const MOST = 100;
const ALL = ['type', 'language', 'collection', 'folder', 'since', 'until'] as const;

/** The state of the search page. It lives in the address alone, so that the back button and links restore it. */
export function useSearchState() {
  const [params, setParams] = useSearchParams();
  const query = params.get('q') ?? '';
  const limit = Math.min(MOST, Math.max(STEP, Number(params.get('limit')) || STEP));
  const change = (edit: (next: URLSearchParams) => void) => {
    const next = new URLSearchParams(params);
    next.delete('limit');
    edit(next);
    setParams(next);
  };
  return {
    query,
    limit,
    canShowMore: limit < MOST,
    one: (name: One) => params.get(name),
    several: (name: Several) => params.getAll(name),
    isFiltered: ALL.some((name) => params.has(name)),
    ask: (text: string) => change((next) => next.set('q', text)),
    set: (name: One, value: string | null) =>
      change((next) => {
        if (name === 'collection') next.delete('folder');
        if (value) next.set(name, value);
        else next.delete(name);
      }),
    toggle: (name: Several, value: string) =>
      change((next) => {
        if (next.has(name, value)) next.delete(name, value);
        else next.append(name, value);
      }),
    clear: () => change((next) => ALL.forEach((name) => next.delete(name))),
    showMore: () => change((next) => next.set('limit', String(limit + STEP))),
  };
}

export type SearchState = ReturnType<typeof useSearchState>;

/** The request that a state stands for. */
export function requestOf(state: SearchState): Partial<SearchRequest> {
  const list = (name: Several) => (state.several(name).length > 0 ? state.several(name) : undefined);
  const one = (name: One) => state.one(name) ?? undefined;
  return {
    query: state.query,
    limit: state.limit,
    collection: one('collection'),
    facets: true,
    copies: 'collapse',
    filter: {
      types: list('type'),
      languages: list('language'),
      folder: one('folder'),
      since: one('since'),
      until: one('until'),
    },
  };
}

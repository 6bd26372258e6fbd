import { MutationCache, type Query, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError } from './api';

const isRefused = (error: unknown) => error instanceof ApiError && error.status >= 400 && error.status < 500;
const RETRIES = 1;
const RECHECK_MS = 10_000;
/** What was asked for so far. */
type Asked = Pick<Query, 'state'>;
/** Whether it was refused before it was ever shown: asking again would only show that something loads. */
export const isRefusedAtOnce = ({ state: { data, error } }: Asked): boolean =>
  data === undefined && isRefused(error);
/** For what shows documents: asked for again while it is open, so that what was taken away leaves the screen. */
export const RECHECK = {
  refetchInterval: (query: Asked) => (isRefusedAtOnce(query) ? false : RECHECK_MS),
  refetchOnWindowFocus: 'always',
  gcTime: RECHECK_MS,
} as const;

/** The cache of what the api sent. A session that ended shows the sign-in page at the next call. */
export function makeQueries(): QueryClient {
  const onError = (error: unknown) => {
    if (error instanceof ApiError && error.code === 'auth.required')
      void queries.invalidateQueries({ queryKey: ['session'] });
  };
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (query.queryKey[0] !== 'session') onError(error);
      },
    }),
    mutationCache: new MutationCache({ onError }),
    defaultOptions: {
      // `always`: the server is often this very machine, which answers without a network too.
      queries: {
        retry: (count, error) => !isRefused(error) && count < RETRIES,
        refetchOnWindowFocus: false,
        networkMode: 'always',
      },
      mutations: { networkMode: 'always' },
    },
  });
  return queries;
}

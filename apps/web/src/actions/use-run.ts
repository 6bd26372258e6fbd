import { isOver, Run } from '@belay/contracts';
import { useDocumentVisibility } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { call, watchRun } from '../api';
import { isRefusedAtOnce } from '../queries';
import { isAtRest } from '../shown/words';

const MOVING_MS = 700;
const RESTING_MS = 3000;
const AGAIN_MS = 10_000;

/**
 * A run as it goes on: told by the server as it changes. Where that cannot be, it is asked for again as long as it is
 * open: often while it moves, now and then while somebody has to act.
 */
export function useRun(id: string) {
  const [isWatched, setWatched] = useState(false);
  const run = useQuery({
    queryKey: ['runs', id],
    queryFn: () => call(Run, 'GET', `runs/${encodeURIComponent(id)}`),
    refetchInterval: (query) => {
      const { data } = query.state;
      if (isWatched || isRefusedAtOnce(query)) return false;
      return data && isAtRest(data.state) ? RESTING_MS : MOVING_MS;
    },
    refetchOnWindowFocus: 'always',
  });
  const isOpen = run.data !== undefined && !isOver(run.data.state);
  useWatch(id, isOpen, setWatched);
  return run;
}

/** Watches a run while it is open and the page is looked at: a browser has few connections for all of its pages. */
function useWatch(id: string, isOpen: boolean, setWatched: (isWatched: boolean) => void) {
  const queries = useQueryClient();
  const isSeen = useDocumentVisibility() === 'visible';
  useEffect(() => {
    if (!isOpen || !isSeen) return;
    const stop = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const show = async (run: Run) => {
      // What was asked for before may be answered after this, and is older.
      await queries.cancelQueries({ queryKey: ['runs', id], exact: true });
      if (!stop.signal.aborted) queries.setQueryData(['runs', id], run);
    };
    const watch = async () => {
      await watchRun(
        id,
        (event) => {
          setWatched(event.event === 'run');
          if (event.event === 'run') void show(event.data);
        },
        stop.signal,
      ).catch(() => undefined);
      setWatched(false);
      if (!stop.signal.aborted) timer = setTimeout(() => void watch(), AGAIN_MS);
    };
    void watch();
    return () => {
      stop.abort();
      clearTimeout(timer);
      setWatched(false);
    };
  }, [id, isOpen, isSeen, queries, setWatched]);
}

/** Starts, stops, takes back or answers; what comes back is shown at once. */
export function useRunChange(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ step, body = {} }: { step: 'start' | 'cancel' | 'undo' | 'answers'; body?: object }) =>
      call(Run, 'POST', `runs/${encodeURIComponent(id)}/${step}`, body),
    onSuccess: (run) => queries.setQueryData(['runs', id], run),
    onSettled: () => queries.invalidateQueries({ queryKey: ['runs'] }),
  });
}

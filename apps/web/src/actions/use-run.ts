import { Run } from '@belay/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { call } from '../api';
import { isAtRest } from '../shown/words';

const MOVING_MS = 700;
const RESTING_MS = 3000;

/** A run, asked for again as long as it is open: often while it moves, now and then while somebody has to act. */
export function useRun(id: string) {
  return useQuery({
    queryKey: ['runs', id],
    queryFn: () => call(Run, 'GET', `runs/${encodeURIComponent(id)}`),
    refetchInterval: ({ state: { data } }) => (data && isAtRest(data.state) ? RESTING_MS : MOVING_MS),
    refetchOnWindowFocus: 'always',
  });
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

import { Kill } from '@belay/contracts';
import { useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { call } from '../api';

export const Kills = z.object({ kills: z.array(Kill) });
const POLL_MS = 5000;

/** Everything that is or was stopped; asked for again while a page is open, so that everybody sees it within seconds. */
export function useKills() {
  return useQuery({
    queryKey: ['kills'],
    queryFn: () => call(Kills, 'GET', 'kills'),
    refetchInterval: POLL_MS,
    refetchOnWindowFocus: 'always',
  });
}

const SCOPES: Record<Kill['scope'], string> = {
  all: 'Every action',
  peer: 'The server',
  contract: 'The contract',
  person: 'Actions of',
  run: 'The run',
};

/** What a kill switch stops, in words. */
export const sayKill = ({ scope, target }: Pick<Kill, 'scope' | 'target'>): string =>
  target === null ? SCOPES[scope] : `${SCOPES[scope]} ${target}`;

import { Grantee } from '@belay/contracts';
import { useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { call } from '../api';
import { Plain } from './plain';

const Grantees = z.object({ principals: z.array(Grantee) });
// People are seldom renamed.
const KEPT_MS = 600_000;
const MOST = 30;

/** What somebody is called, by their short name; that itself until it is known, or where it is not to be had. */
export function useDisplayName(name: string): string {
  const found = useQuery({
    queryKey: ['display-name', name],
    queryFn: () => call(Grantees, 'GET', `principals?search=${encodeURIComponent(name)}&limit=${MOST}`),
    staleTime: KEPT_MS,
  });
  const own = found.data?.principals.find(({ principal }) => principal === `person:${name}`);
  return own?.displayName ?? name;
}

/** A person as people call them; the short name stands behind it. */
export const PersonName = ({ name }: { name: string }) => (
  <span title={name}>
    <Plain text={useDisplayName(name)} />
  </span>
);

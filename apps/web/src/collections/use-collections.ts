import { Collection } from '@belay/contracts';
import { useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { call } from '../api';

const Collections = z.object({ collections: z.array(Collection) });

/** What lies in a collection, as far as its place is said. */
interface Placed {
  readonly collection: string;
  readonly collectionId?: string | undefined;
  readonly path: string;
}

/** The collections that the person may read something of, or manages. */
export const useCollections = () =>
  useQuery({ queryKey: ['collections'], queryFn: () => call(Collections, 'GET', 'collections') });

/** A collection as it is offered: with whose it is where another one looks the same. */
export const sayCollection = (title: string, owner: string | null | undefined): string =>
  owner ? `${title} (of ${owner})` : title;

/** Says where something lies, with whose collection it is where the person sees several of that name. */
export function useSayPlace(): (place: Placed) => string {
  const all = useCollections().data?.collections ?? [];
  return ({ collection, collectionId, path }) => {
    const owner = all.find(({ id }) => id === collectionId)?.owner;
    return `${collection}/${path}${owner ? ` (of ${owner})` : ''}`;
  };
}

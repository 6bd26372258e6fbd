import { useDebouncedValue } from '@mantine/hooks';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { z } from 'zod';
import { call } from '../api';

const PAGE = 50;
const TYPING_MS = 250;

/** A list that the server searches and pages; it is asked once the typing pauses. */
export function usePages<Schema extends z.ZodType<{ total: number; next: string | null }>>(
  schema: Schema,
  key: readonly string[],
  path: string,
  parameters: Readonly<Record<string, string>> = {},
  size = PAGE,
) {
  const [search, setSearch] = useState('');
  const [asked] = useDebouncedValue(search.trim(), TYPING_MS);
  const list = useInfiniteQuery({
    queryKey: [...key, asked],
    initialPageParam: '',
    queryFn: ({ pageParam }) => {
      const query = new URLSearchParams({
        ...parameters,
        search: asked,
        after: pageParam,
        limit: String(size),
      });
      return call(schema, 'GET', `${path}?${query.toString()}`);
    },
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
  const pages = list.data?.pages ?? [];
  return { list, pages, total: pages.at(-1)?.total ?? 0, search, setSearch };
}

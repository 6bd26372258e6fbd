import { Button, Loader, Stack, Text, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { Failure } from '../failure';
import type { usePages } from './use-pages';

/** A searched and paged list with its empty, failed and loading states. */
export function Listing({
  pages: { list, total, search, setSearch },
  label,
  noun: [one, many],
  none = `No ${many} yet.`,
  children,
}: {
  pages: ReturnType<typeof usePages>;
  label: string;
  noun: readonly [string, string];
  /** What to say where there is nothing at all. */
  none?: string;
  children: ReactNode;
}) {
  return (
    <Stack gap="xs">
      <TextInput
        type="search"
        aria-label={label}
        placeholder={label}
        maw={360}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
        rightSection={list.isFetching ? <Loader size="xs" /> : undefined}
      />
      {list.error && <Failure error={list.error} retry={() => void list.refetch()} />}
      {list.isSuccess && (
        <Text size="sm" c="dimmed" role="status">
          {total === 0
            ? search
              ? `No ${many} of that name.`
              : none
            : `${total.toLocaleString('en')} ${total === 1 ? one : many}`}
        </Text>
      )}
      {children}
      {list.hasNextPage && (
        <Button
          variant="light"
          style={{ alignSelf: 'start' }}
          loading={list.isFetchingNextPage}
          onClick={() => void list.fetchNextPage()}
        >
          Show more {many}
        </Button>
      )}
    </Stack>
  );
}

import { Button, Loader, Stack, Text, TextInput } from '@mantine/core';
import type { ReactNode } from 'react';
import { Failure } from '../failure';
import type { usePages } from './use-pages';

/** A searched and paged list with its empty, failed and loading states. */
export function Listing({
  pages: { list, total, search, setSearch },
  label,
  noun: [one, many],
  children,
}: {
  pages: ReturnType<typeof usePages>;
  label: string;
  noun: readonly [string, string];
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
        rightSection={list.isFetching ? <Loader size="xs" aria-label="Loading" /> : undefined}
      />
      {list.error && <Failure error={list.error} retry={() => void list.refetch()} />}
      {list.isSuccess && (
        <Text size="sm" c="dimmed" role="status">
          {total === 0
            ? `No ${many}${search ? ' of that name' : ' yet'}.`
            : `${total} ${total === 1 ? one : many}`}
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

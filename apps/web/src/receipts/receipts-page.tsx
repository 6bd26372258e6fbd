import { Receipts } from '@belay/contracts';
import { Anchor, Button, Loader, Stack, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { call } from '../api';
import { Failure } from '../failure';
import { CheckAny, ReceiptRow } from './receipt-row';

/** Receipts of what a person deleted, each of which can be verified; and any other by its leaf. */
export function ReceiptsPage() {
  const receipts = useInfiniteQuery({
    queryKey: ['receipts'],
    initialPageParam: '',
    queryFn: ({ pageParam }) => call(Receipts, 'GET', `receipts?after=${encodeURIComponent(pageParam)}`),
    getNextPageParam: (page) => page.next,
  });
  const rows = receipts.data?.pages.flatMap((page) => page.receipts) ?? [];
  return (
    <Stack maw={860}>
      <Anchor component={Link} to="/documents" size="sm">
        All documents
      </Anchor>
      <Title order={1} size="h2">
        Receipts
      </Title>
      <Text>
        Of the documents and questions that you deleted. A receipt says what was removed; verified, it says
        whether it stands on the ledger and whether nothing is left.
      </Text>
      <CheckAny />
      {receipts.isPending && <Loader />}
      {receipts.error && <Failure error={receipts.error} retry={() => void receipts.refetch()} />}
      {receipts.isSuccess && rows.length === 0 && <Text c="dimmed">You have deleted nothing.</Text>}
      {rows.length > 0 && (
        <Stack component="ul" gap="xs" m={0} p={0} style={{ listStyle: 'none' }} aria-label="Receipts">
          {rows.map((row) => (
            <ReceiptRow key={row.leafId} row={row} />
          ))}
        </Stack>
      )}
      {receipts.hasNextPage && (
        <Button
          variant="light"
          loading={receipts.isFetchingNextPage}
          onClick={() => void receipts.fetchNextPage()}
          style={{ alignSelf: 'start' }}
        >
          Show older
        </Button>
      )}
    </Stack>
  );
}

import { type RunRow, RunPage } from '@belay/contracts';
import { Anchor, Button, Loader, Stack, Table, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { call } from '../api';
import { Failure } from '../failure';
import { PersonName } from '../shown/person-name';
import { Plain } from '../shown/plain';
import { StateBadge } from '../shown/state-badge';
import { RUN_STATES } from '../shown/words';
import { When } from '../shown/when';

const POLL_MS = 5000;
const PAGE = 50;

/** Runs that fit a query of the api, the newest first, page by page; `none` where there are none. */
export function RunList({
  query,
  none,
  isEverybodys = false,
}: {
  query: URLSearchParams;
  none: string;
  isEverybodys?: boolean;
}) {
  const runs = useInfiniteQuery({
    queryKey: ['runs', 'list', query.toString()],
    initialPageParam: '',
    queryFn: ({ pageParam }) => {
      const asked = new URLSearchParams(query);
      asked.set('limit', String(PAGE));
      asked.set('after', pageParam);
      return call(RunPage, 'GET', `runs?${asked.toString()}`);
    },
    getNextPageParam: (page) => page.next,
    refetchInterval: POLL_MS,
  });
  const rows = runs.data?.pages.flatMap((page) => page.runs) ?? [];
  return (
    <Stack gap="xs">
      {runs.isPending && <Loader />}
      {runs.error && <Failure error={runs.error} retry={() => void runs.refetch()} />}
      {runs.isSuccess && rows.length === 0 && <Text role="status">{none}</Text>}
      {rows.length > 0 && (
        <Table className="stacked" verticalSpacing={6} aria-label="Actions">
          <Table.Tbody>
            {rows.map((run) => (
              <Row key={run.id} run={run} isEverybodys={isEverybodys} />
            ))}
          </Table.Tbody>
        </Table>
      )}
      {runs.hasNextPage && (
        <Button
          variant="light"
          style={{ alignSelf: 'start' }}
          loading={runs.isFetchingNextPage}
          onClick={() => void runs.fetchNextPage()}
        >
          Show older
        </Button>
      )}
    </Stack>
  );
}

function Row({ run, isEverybodys }: { run: RunRow; isEverybodys: boolean }) {
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <Anchor component={Link} to={`/actions/${run.id}`} inherit>
          <Plain text={run.title} />
        </Anchor>
        <Text size="xs" c="dimmed">
          {isEverybodys && (
            <>
              of <PersonName name={run.requester} />,{' '}
              {run.planner === 'person' ? 'step by step' : `by ${run.planner}`},{' '}
            </>
          )}
          <When at={run.createdAt} />
        </Text>
        {isEverybodys && run.reason && (
          <Text size="xs">
            <Plain text={run.reason} />
          </Text>
        )}
      </Table.Td>
      <Table.Td>
        <StateBadge word={RUN_STATES[run.state]} />
      </Table.Td>
    </Table.Tr>
  );
}

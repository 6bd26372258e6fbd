import { RunRow } from '@belay/contracts';
import { Anchor, Loader, Stack, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { z } from 'zod';
import { call } from '../api';
import { Failure } from '../failure';
import { StateBadge } from '../shown/state-badge';
import { RUN_STATES } from '../shown/words';
import { SayWhat } from './say-what';

const Runs = z.object({ runs: z.array(RunRow) });
const POLL_MS = 5000;

/** What a person can have done, and what they had done. */
export function ActionsPage() {
  return (
    <Stack maw={860}>
      <Title order={1} size="h2">
        Actions
      </Title>
      <SayWhat />
      <RunHistory />
    </Stack>
  );
}

function RunHistory() {
  const runs = useQuery({
    queryKey: ['runs', 'mine'],
    queryFn: () => call(Runs, 'GET', 'runs?mine=1'),
    refetchInterval: POLL_MS,
  });
  const rows = runs.data?.runs ?? [];
  return (
    <section aria-label="Your actions">
      <Title order={2} size="h3" mb="xs">
        Your actions
      </Title>
      {runs.isPending && <Loader />}
      {runs.error && <Failure error={runs.error} retry={() => void runs.refetch()} />}
      {runs.isSuccess && rows.length === 0 && <Text role="status">You have had nothing done yet.</Text>}
      {rows.length > 0 && (
        <Table className="stacked" verticalSpacing={6}>
          <Table.Tbody>
            {rows.map((run) => (
              <Table.Tr key={run.id}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  <Anchor component={Link} to={`/actions/${run.id}`}>
                    {run.title}
                  </Anchor>
                  <Text size="xs" c="dimmed">
                    <time dateTime={run.createdAt}>{new Date(run.createdAt).toLocaleString()}</time>
                  </Text>
                </Table.Td>
                <Table.Td>
                  <StateBadge word={RUN_STATES[run.state]} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </section>
  );
}

import { ContractCall } from '@belay/contracts';
import { Anchor, Loader, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { z } from 'zod';
import { call } from '../api';
import { Failure } from '../failure';
import { Plain } from '../shown/plain';
import { StateBadge } from '../shown/state-badge';
import { RUN_STATES, STEP_STATES } from '../shown/words';
import { PersonName } from '../shown/person-name';
import { When } from '../shown/when';

const Calls = z.object({ calls: z.array(ContractCall) });

/** What a contract was called for last: whose run, and how it ended. */
export function RecentCalls({ contract, version }: { contract: string; version: string }) {
  const calls = useQuery({
    queryKey: ['tools', 'calls', `${contract}@${version}`],
    queryFn: () => call(Calls, 'GET', `tools/${contract}/${version}/calls`),
  });
  const rows = calls.data?.calls ?? [];
  return (
    <section aria-label="Calls">
      <Title order={2} size="h3" mb="xs">
        Its last calls
      </Title>
      {calls.isPending && <Loader />}
      {calls.error && <Failure error={calls.error} retry={() => void calls.refetch()} />}
      {calls.isSuccess && rows.length === 0 && <Text size="sm">It has not been called.</Text>}
      {rows.length > 0 && (
        <Table className="stacked" verticalSpacing={4}>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={`${row.run} ${row.step}`}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  <Anchor component={Link} to={`/actions/${row.run}`} size="sm" underline="always">
                    <Plain text={row.runTitle} />
                  </Anchor>{' '}
                  <Text span size="xs" c="dimmed">
                    of <PersonName name={row.requester} />, <When at={row.at} />
                  </Text>
                  {row.reason && <Text size="xs">{row.reason}</Text>}
                </Table.Td>
                <Table.Td>
                  Step {row.step}: <StateBadge word={STEP_STATES[row.state]} />
                </Table.Td>
                <Table.Td>
                  Run: <StateBadge word={RUN_STATES[row.runState]} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {rows.length > 0 && (
        <Anchor component={Link} to={`/runs?contract=${contract}@${version}`} size="sm" underline="always">
          Every action that calls it
        </Anchor>
      )}
    </section>
  );
}

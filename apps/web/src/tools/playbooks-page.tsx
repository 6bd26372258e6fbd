import { ListedPlaybook } from '@belay/contracts';
import { Anchor, Button, Group, Loader, Stack, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { z } from 'zod';
import { call } from '../api';
import { Failure } from '../failure';
import { StateBadge } from '../shown/state-badge';
import { CONTRACT_STATES } from '../shown/words';

const Playbooks = z.object({ playbooks: z.array(ListedPlaybook) });

/** Workflows that people start by saying what they want, for developers and administrators. */
export function PlaybooksPage() {
  const playbooks = useQuery({
    queryKey: ['tools', 'playbooks'],
    queryFn: () => call(Playbooks, 'GET', 'playbooks'),
  });
  const rows = playbooks.data?.playbooks ?? [];
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h2">
          Playbooks
        </Title>
        <Group gap="xs">
          <Button component={Link} to="/tools" variant="light">
            Contracts
          </Button>
          <Button component={Link} to="/tools/playbooks/new">
            Write a playbook
          </Button>
        </Group>
      </Group>
      <Text maw={760}>
        A playbook says which tools are called in which order, with what a person said and what tools found.
        One person registers it, another approves it.
      </Text>
      {playbooks.isPending && <Loader />}
      {playbooks.error && <Failure error={playbooks.error} retry={() => void playbooks.refetch()} />}
      {playbooks.isSuccess && rows.length === 0 && <Text role="status">There is no playbook yet.</Text>}
      {rows.length > 0 && (
        <Table className="stacked">
          <Table.Thead visibleFrom="sm">
            <Table.Tr>
              <Table.Th>Playbook</Table.Th>
              <Table.Th>State</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={row.digest}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>
                  <Anchor component={Link} to={`/tools/playbooks/${row.playbook}/${row.version}`} fw={600}>
                    {row.title}
                  </Anchor>
                  <Text size="xs" c="dimmed">
                    {row.playbook}@{row.version}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <StateBadge word={CONTRACT_STATES[row.state]} />
                  <Text size="xs" c="dimmed">
                    by {row.registeredBy}
                    {row.approvedBy && `, approved by ${row.approvedBy}`}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  );
}

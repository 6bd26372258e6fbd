import { ContractRow, type SignedInPerson } from '@belay/contracts';
import { Anchor, Button, Group, Loader, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { z } from 'zod';
import { call } from '../api';
import { Failure } from '../failure';
import { StateBadge } from '../shown/state-badge';
import { CONTRACT_STATES, EFFECTS } from '../shown/words';

const Contracts = z.object({ contracts: z.array(ContractRow) });

/** The registry: which tools may be called at all, for developers and administrators. */
export function ToolsPage({ person }: { person: SignedInPerson }) {
  const [wanted, setWanted] = useState('');
  const contracts = useQuery({
    queryKey: ['tools', 'contracts'],
    queryFn: () => call(Contracts, 'GET', 'tools'),
  });
  const all = contracts.data?.contracts ?? [];
  const words = wanted.trim().toLowerCase();
  const rows = all.filter((row) =>
    [row.title, row.contract, row.peer, CONTRACT_STATES[row.state].label].some((text) =>
      text.toLowerCase().includes(words),
    ),
  );
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h2">
          Tools
        </Title>
        <Group gap="xs">
          <Button component={Link} to="/tools/playbooks" variant="light">
            Playbooks
          </Button>
          <Button component={Link} to="/tools/new" variant="light">
            Paste a contract
          </Button>
          <Button component={Link} to="/tools/connect">
            Connect a server
          </Button>
        </Group>
      </Group>
      <Text maw={760}>
        A tool is called only under a contract: what it pins of the server, what it may do, how it is taken
        back. One person registers it, another approves it.
      </Text>
      {contracts.isPending && <Loader />}
      {contracts.error && <Failure error={contracts.error} retry={() => void contracts.refetch()} />}
      {contracts.isSuccess && all.length === 0 && (
        <Text role="status">
          There is no contract yet. Connect a server, and draft one from what it offers.
        </Text>
      )}
      {all.length > 0 && (
        <>
          <TextInput
            type="search"
            aria-label="Find a contract"
            placeholder="Find a contract"
            maw={360}
            value={wanted}
            onChange={(event) => setWanted(event.currentTarget.value)}
          />
          <Text size="sm" c="dimmed" role="status">
            {rows.length === 0
              ? 'None of that name.'
              : `${rows.length} ${rows.length === 1 ? 'contract' : 'contracts'}`}
          </Text>
          {rows.length > 0 && <ContractTable rows={rows} me={person.name} />}
        </>
      )}
    </Stack>
  );
}

function ContractTable({ rows, me }: { rows: readonly ContractRow[]; me: string }) {
  return (
    <Table className="stacked">
      <Table.Thead visibleFrom="sm">
        <Table.Tr>
          <Table.Th>Contract</Table.Th>
          <Table.Th>Server</Table.Th>
          <Table.Th>What it does</Table.Th>
          <Table.Th>State</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={row.digest}>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>
              <Anchor component={Link} to={`/tools/${row.contract}/${row.version}`} fw={600}>
                {row.title}
              </Anchor>
              <Text size="xs" c="dimmed">
                {row.contract}@{row.version}
              </Text>
            </Table.Td>
            <Table.Td>{row.peer}</Table.Td>
            <Table.Td>
              <StateBadge word={EFFECTS[row.effect]} />
            </Table.Td>
            <Table.Td>
              <StateBadge word={CONTRACT_STATES[row.state]} />
              <Text size="xs" c="dimmed">
                {row.state === 'registered' && row.registeredBy !== me && 'You may approve it. '}
                by {row.registeredBy}
                {row.approvedBy && `, approved by ${row.approvedBy}`}
              </Text>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

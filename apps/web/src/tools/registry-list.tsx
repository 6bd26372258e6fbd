import { Anchor, Button, Group, Loader, Stack, Table, Text, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import { Failure } from '../failure';
import { StateBadge } from '../shown/state-badge';
import { CONTRACT_STATES } from '../shown/words';
import type { Registered } from './registered-document';

/** A list of documents of the registry: what it is, where else to go, and its rows with columns of their own. */
interface RegistryList<Row> {
  readonly title: string;
  readonly noun: 'contract' | 'playbook';
  readonly about: string;
  readonly empty: string;
  readonly links: readonly { readonly to: string; readonly says: string }[];
  readonly load: () => Promise<readonly Row[]>;
  readonly nameOf: (row: Row) => string;
  /** Where a document is shown, from the address of the list. */
  readonly page: string;
  readonly columns?: readonly { readonly title: string; readonly show: (row: Row) => ReactNode }[];
  /** What is said of a row below its state; null where nothing is. */
  readonly note?: (row: Row) => string | null;
  /** Words by which a row is found besides its names and its state. */
  readonly words?: (row: Row) => string;
  readonly me: string;
}

/** Contracts or playbooks, for developers and administrators, to be found by their words. */
export function RegistryList<Row extends Registered>(list: RegistryList<Row>) {
  const { title, noun, about, empty, links, load, nameOf, words } = list;
  const [wanted, setWanted] = useState('');
  const found = useQuery({ queryKey: ['tools', `${noun}s`], queryFn: load });
  const all = found.data ?? [];
  const rows = all.filter((row) =>
    [row.title, nameOf(row), CONTRACT_STATES[row.state].label, words?.(row) ?? ''].some((text) =>
      text.toLowerCase().includes(wanted.trim().toLowerCase()),
    ),
  );
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h2">
          {title}
        </Title>
        <Group gap="xs">
          {links.map(({ to, says }, index) => (
            <Button
              key={to}
              component={Link}
              to={to}
              variant={index === links.length - 1 ? 'filled' : 'light'}
            >
              {says}
            </Button>
          ))}
        </Group>
      </Group>
      <Text maw={760}>{about} One person registers it, another approves it.</Text>
      {found.isPending && <Loader />}
      {found.error && <Failure error={found.error} retry={() => void found.refetch()} />}
      {found.isSuccess && all.length === 0 && <Text role="status">{empty}</Text>}
      {all.length > 0 && (
        <>
          <TextInput
            type="search"
            aria-label={`Find a ${noun}`}
            placeholder={`Find a ${noun}`}
            maw={360}
            value={wanted}
            onChange={(event) => setWanted(event.currentTarget.value)}
          />
          <Text size="sm" c="dimmed" role="status">
            {rows.length === 0
              ? 'None of that name.'
              : `${rows.length} ${rows.length === 1 ? noun : `${noun}s`}`}
          </Text>
          {rows.length > 0 && <Rows rows={rows} list={list} />}
        </>
      )}
    </Stack>
  );
}

function Rows<Row extends Registered>({ rows, list }: { rows: readonly Row[]; list: RegistryList<Row> }) {
  const { noun, nameOf, page, columns = [], note, me } = list;
  return (
    <Table className="stacked">
      <Table.Thead visibleFrom="sm">
        <Table.Tr>
          <Table.Th>{noun === 'contract' ? 'Contract' : 'Playbook'}</Table.Th>
          {columns.map(({ title }) => (
            <Table.Th key={title}>{title}</Table.Th>
          ))}
          <Table.Th>State</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Table.Tr key={row.digest}>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>
              <Anchor component={Link} to={`${page}/${nameOf(row).replace('@', '/')}`} fw={600}>
                {row.title}
              </Anchor>
              <Text size="xs" c="dimmed">
                {nameOf(row)}
              </Text>
            </Table.Td>
            {columns.map(({ title, show }) => (
              <Table.Td key={title}>{show(row)}</Table.Td>
            ))}
            <Table.Td>
              <StateBadge word={CONTRACT_STATES[row.state]} />
              <Text size="xs" c="dimmed">
                {row.state === 'registered' && row.registeredBy !== me && 'You may approve it. '}
                by {row.registeredBy}
                {row.approvedBy && `, approved by ${row.approvedBy}`}
              </Text>
              {note?.(row) && (
                <Text size="xs" c="red" fw={600}>
                  {note(row)}
                </Text>
              )}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

import { ToolUsage } from '@belay/contracts';
import { Anchor, Loader, Progress, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { z } from 'zod';
import { call } from '../api';
import { Failure } from '../failure';
import { StateBadge } from '../shown/state-badge';
import { CONTRACT_STATES, STEP_STATES } from '../shown/words';

const Usage = z.object({ usage: z.array(ToolUsage) });
const POLL_MS = 10_000;

/** What each contract allows, and what of it was used today. */
export function UsageTable() {
  const usage = useQuery({
    queryKey: ['tools', 'usage'],
    queryFn: () => call(Usage, 'GET', 'tools/usage'),
    refetchInterval: POLL_MS,
  });
  const rows = usage.data?.usage ?? [];
  return (
    <>
      {usage.isPending && <Loader />}
      {usage.error && <Failure error={usage.error} retry={() => void usage.refetch()} />}
      {usage.isSuccess && rows.length === 0 && <Text role="status">No contract is in use.</Text>}
      {rows.length > 0 && (
        <Table className="stacked" aria-label="Limits and budgets">
          <Table.Thead visibleFrom="sm">
            <Table.Tr>
              <Table.Th>Contract</Table.Th>
              <Table.Th>Today</Table.Th>
              <Table.Th>Limits</Table.Th>
              <Table.Th>Last 30 days</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((row) => (
              <Table.Tr key={`${row.contract}@${row.version}`}>
                <Contract row={row} />
                <Today row={row} />
                <Limits row={row} />
                <Ends row={row} />
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </>
  );
}

function Contract({ row }: { row: ToolUsage }) {
  return (
    <Table.Td style={{ overflowWrap: 'anywhere' }}>
      <Anchor component={Link} to={`/tools/${row.contract}/${row.version}`} fw={600} size="sm">
        {row.title}
      </Anchor>
      <Text size="xs" c="dimmed">
        {row.contract}@{row.version}
      </Text>
      {row.state !== 'approved' && <StateBadge word={CONTRACT_STATES[row.state]} />}
    </Table.Td>
  );
}

function Today({ row: { title, version, blast, touchedToday, callsToday } }: { row: ToolUsage }) {
  return (
    <Table.Td>
      <Text size="sm">
        {callsToday} {callsToday === 1 ? 'call' : 'calls'}
      </Text>
      <Text size="sm">
        {touchedToday} of {blast.perDay} {blast.resource}, by all contracts that touch them
      </Text>
      <Progress
        value={(100 * touchedToday) / blast.perDay}
        color={touchedToday >= blast.perDay ? 'red' : 'teal'}
        aria-label={`${blast.resource} touched today by all contracts, of what ${title} ${version} allows`}
      />
    </Table.Td>
  );
}

function Limits({ row: { limits, budget, blast } }: { row: ToolUsage }) {
  return (
    <Table.Td>
      <Text size="sm">
        {limits.rate.calls} a {limits.rate.per}, {limits.concurrency} at a time
      </Text>
      <Text size="sm">
        touches at most {blast.maxItems} of {blast.resource} a call
      </Text>
      <Text size="sm">
        costs {budget.cost} a call, {budget.maxPerRun} {budget.maxPerRun === 1 ? 'call' : 'calls'} a run
      </Text>
    </Table.Td>
  );
}

function Ends({ row: { calls } }: { row: ToolUsage }) {
  const ends = Object.entries(calls);
  return (
    <Table.Td>
      {ends.length === 0 ? (
        <Text size="sm" c="dimmed">
          not called
        </Text>
      ) : (
        ends.map(([state, count]) => (
          <Text size="sm" key={state}>
            {count} {STEP_STATES[state as keyof typeof STEP_STATES]?.label ?? state}
          </Text>
        ))
      )}
    </Table.Td>
  );
}

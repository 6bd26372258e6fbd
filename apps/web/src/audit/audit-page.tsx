import { type AuditLeaf, AuditPage as AuditLeaves, AuditReport } from '@belay/contracts';
import { Alert, Button, Code, Group, Loader, Stack, Text, Title } from '@mantine/core';
import { IconDownload, IconShieldCheck } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { call } from '../api';
import { Failure } from '../failure';
import { type FilterField, FilterForm, useFilter } from '../filter-form';
import { LeafTable } from './leaf-table';

const FIELDS: readonly FilterField[] = [
  { name: 'type', label: 'What', hint: 'permission' },
  { name: 'actor', label: 'Who', hint: 'short name' },
  { name: 'resource', label: 'On what', hint: 'id or place' },
  { name: 'since', label: 'From (UTC)', type: 'date' },
  { name: 'until', label: 'To (UTC)', type: 'date' },
];
const PAGE = 50;

/** The ledger, for admins: search, verify, prove, export. */
export function AuditPage() {
  const filter = useFilter(FIELDS);
  const leaves = useInfiniteQuery({
    queryKey: ['audit', filter.toString()],
    initialPageParam: '',
    queryFn: ({ pageParam }) => {
      const query = new URLSearchParams(filter);
      query.set('limit', String(PAGE));
      query.set('after', pageParam);
      return call(AuditLeaves, 'GET', `audit/leaves?${query.toString()}`);
    },
    getNextPageParam: (page) => page.next,
  });
  const rows: AuditLeaf[] = leaves.data?.pages.flatMap((page) => page.leaves) ?? [];
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h2">
          Audit
        </Title>
        <Button
          component="a"
          href={`/v1/audit/export?${filter.toString()}`}
          download
          variant="light"
          leftSection={<IconDownload size={16} />}
        >
          Export JSONL
        </Button>
      </Group>
      <Verification />
      <FilterForm fields={FIELDS} />
      <Text size="sm" c="dimmed">
        What a person asked is theirs alone: of others you see that it happened, and its digests. Looking here
        is on the ledger too.
      </Text>
      {leaves.isPending && <Loader />}
      {leaves.error && <Failure error={leaves.error} retry={() => void leaves.refetch()} />}
      {leaves.isSuccess && rows.length === 0 && <Text>Nothing on the ledger matches.</Text>}
      {rows.length > 0 && <LeafTable rows={rows} />}
      {leaves.hasNextPage && (
        <Button
          variant="light"
          loading={leaves.isFetchingNextPage}
          onClick={() => void leaves.fetchNextPage()}
        >
          Show older
        </Button>
      )}
    </Stack>
  );
}

function Verification() {
  const verify = useMutation({ mutationFn: () => call(AuditReport, 'GET', 'audit/verify') });
  const report = verify.data;
  return (
    <div aria-live="polite">
      <Button
        leftSection={<IconShieldCheck size={16} />}
        variant="default"
        loading={verify.isPending}
        onClick={() => verify.mutate()}
      >
        Verify the ledger
      </Button>
      {verify.error && <Failure error={verify.error} />}
      {report && (
        <Alert
          mt="xs"
          color={report.ok ? 'teal' : 'red'}
          title={report.ok ? 'The ledger is whole' : 'The ledger is broken'}
        >
          {report.problem && (
            <Text>
              Entry {report.problem.sequence ?? '?'} (leaf {report.problem.leafId ?? '?'}):{' '}
              {report.problem.detail}.
            </Text>
          )}
          <Text size="sm">
            {report.leaves} leaves in the tree, {report.unsequenced} waiting for their place. Root{' '}
            <Code style={{ overflowWrap: 'anywhere' }}>{report.root}</Code>
          </Text>
          {report.checkpoint && (
            <Code block mt="xs" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
              {report.checkpoint.trim()}
            </Code>
          )}
        </Alert>
      )}
    </div>
  );
}

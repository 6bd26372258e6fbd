import { type AuditLeaf, AuditPage as AuditLeaves, AuditReport } from '@belay/contracts';
import { Alert, Button, Code, Group, Loader, Stack, Text, TextInput, Title } from '@mantine/core';
import { IconDownload, IconShieldCheck } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useSearchParams } from 'react-router';
import { call } from '../api';
import { Failure } from '../failure';
import { LeafTable } from './leaf-table';

const FIELDS = ['type', 'actor', 'resource', 'since', 'until'] as const;
const LABELS = { type: 'Type', actor: 'Person', resource: 'Resource', since: 'From', until: 'To' };
const HINTS: Partial<Record<(typeof FIELDS)[number], string>> = {
  type: 'permission',
  actor: 'short name',
  resource: 'a document’s id, or a place',
};
const PAGE = 50;

/** The ledger, for admins: search, verify, prove, export. */
export function AuditPage() {
  const [params, setParams] = useSearchParams();
  const filter = new URLSearchParams(
    FIELDS.flatMap((name) => (params.get(name) ? [[name, params.get(name) ?? '']] : [])),
  );
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
      <Filters key={filter.toString()} filter={filter} search={setParams} />
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

function Filters({ filter, search }: { filter: URLSearchParams; search: (next: URLSearchParams) => void }) {
  const [values, setValues] = useState<Record<string, string>>(Object.fromEntries(filter));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    search(new URLSearchParams(Object.entries(values).filter(([, value]) => value.trim() !== '')));
  };
  return (
    <Group component="form" role="search" onSubmit={submit} align="end" gap="xs">
      {FIELDS.map((name) => (
        <TextInput
          key={name}
          label={LABELS[name]}
          placeholder={HINTS[name]}
          type={name === 'since' || name === 'until' ? 'date' : 'text'}
          value={values[name] ?? ''}
          onChange={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
        />
      ))}
      <Button type="submit">Search</Button>
      {filter.size > 0 && (
        <Button variant="subtle" onClick={() => search(new URLSearchParams())}>
          Clear
        </Button>
      )}
    </Group>
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

import { type ContractDetail, RecordedCall, ReplayedCall } from '@belay/contracts';
import { Button, Code, Group, Loader, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { z } from 'zod';
import { call, tell } from '../api';
import { Failure } from '../failure';
import { JsonValue } from '../shown/json-value';
import { readJsonObject } from './contract-text';
import { Changes } from './drift-history';
import { exampleOf } from './dry-run';
import { FixtureList } from './fixture-list';
import { runOnce } from './run-once';
import { TextEditor } from './text-editor';
import { When } from '../shown/when';

const Recorded = z.object({ fixtures: z.array(RecordedCall) });

/** Calls of a contract that were recorded, and recording one more. */
export function RecordedCalls({ detail }: { detail: ContractDetail }) {
  const path = `tools/${detail.contract}/${detail.version}/fixtures`;
  const recorded = useQuery({
    queryKey: ['tools', 'recorded', detail.digest],
    queryFn: () => call(Recorded, 'GET', path),
  });
  const rows = recorded.data?.fixtures ?? [];
  return (
    <Stack component="section" aria-label="Recorded calls" gap="xs">
      <Title order={2} size="h3">
        Recorded calls
      </Title>
      <Text size="sm">
        They are seen by those who may call the contract and read what it gives back, and are kept for{' '}
        {detail.document.retentionDays} days without what the contract redacts.
      </Text>
      {recorded.isPending && <Loader size="sm" />}
      {recorded.error && <Failure error={recorded.error} retry={() => void recorded.refetch()} />}
      {recorded.isSuccess && rows.length === 0 && <Text size="sm">None that you may see.</Text>}
      {rows.map((row) => (
        <Row key={row.name} row={row} path={path} detail={detail} />
      ))}
      {detail.state === 'approved' &&
        (canSay(detail) ? (
          <RecordOne detail={detail} path={path} taken={rows.map((row) => row.name)} />
        ) : (
          <Text size="sm">
            Calls of it have an effect, and its server cannot say without it what they would do (
            <Code>dryRun: native</Code>). So none is recorded.
          </Text>
        ))}
    </Stack>
  );
}

/** Whether something would come back of a call that may be kept. */
const canSay = ({ effect, document }: ContractDetail): boolean =>
  effect === 'read' || document.dryRun.mode === 'native';

function Row({ row, path, detail }: { row: RecordedCall; path: string; detail: ContractDetail }) {
  const queries = useQueryClient();
  const place = `${path}/${encodeURIComponent(row.name)}`;
  const replay = useMutation({
    mutationFn: async () => {
      const run = await runOnce(detail, row.input, `“${row.name}” of ${detail.title}, made again`);
      return call(ReplayedCall, 'POST', `${place}/replay`, { run: run.id });
    },
  });
  const remove = useMutation({
    mutationFn: () => tell('DELETE', place),
    onSettled: () => queries.invalidateQueries({ queryKey: ['tools', 'recorded'] }),
  });
  return (
    <div>
      <FixtureList fixtures={[row]} />
      <details className="more">
        <summary>
          By {row.recordedBy}, <When at={row.recordedAt} />
        </summary>
        <JsonValue value={row.input} label={`Arguments of ${row.name}`} />
        <JsonValue value={row.output} label={`Result of ${row.name}`} />
      </details>
      <Group gap="xs">
        {detail.state === 'approved' && !row.isPartial && (
          <Button
            variant="light"
            size="compact-sm"
            aria-label={`Make ${row.name} again`}
            loading={replay.isPending}
            onClick={() => replay.mutate()}
          >
            Make it again
          </Button>
        )}
        <Button
          variant="subtle"
          color="red"
          size="compact-sm"
          aria-label={`Remove ${row.name}`}
          loading={remove.isPending}
          onClick={() => remove.mutate()}
        >
          Remove
        </Button>
      </Group>
      <div aria-live="polite">
        {row.isPartial && <Text size="sm">Its arguments are redacted, so it cannot be made again.</Text>}
        {replay.error && <Failure error={replay.error} />}
        {remove.error && <Failure error={remove.error} />}
        {replay.data?.changes.length === 0 && <Text size="sm">It gives back what was recorded.</Text>}
        {replay.data && <Changes changes={replay.data.changes} />}
      </div>
    </div>
  );
}

function RecordOne({
  detail,
  path,
  taken,
}: {
  detail: ContractDetail;
  path: string;
  taken: readonly string[];
}) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [text, setText] = useState(() => JSON.stringify(exampleOf(detail), null, 2));
  const read = readJsonObject(text);
  const isTaken = taken.includes(name.trim());
  const record = useMutation({
    mutationFn: async (args: Record<string, unknown>) => {
      const run = await runOnce(detail, args, `Recording “${name.trim()}” of ${detail.title}`);
      return call(RecordedCall, 'POST', path, { name, run: run.id });
    },
    onSuccess: () => {
      setName('');
      return queries.invalidateQueries({ queryKey: ['tools', 'recorded'] });
    },
  });
  return (
    <>
      <TextInput
        label="Name of the call to record"
        maw={360}
        error={isTaken && 'A call of this name is recorded already. Remove it, or take another name.'}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextEditor
        label="Arguments of the call to record"
        text={text}
        findings={read.findings}
        change={setText}
      />
      <Button
        variant="light"
        style={{ alignSelf: 'start' }}
        disabled={read.value === undefined || name.trim() === '' || isTaken}
        loading={record.isPending}
        onClick={() => read.value && record.mutate(read.value)}
      >
        {detail.effect === 'read' ? 'Call it and record' : 'Try it without effect and record'}
      </Button>
      {record.error && <Failure error={record.error} />}
    </>
  );
}

import { type ContractDetail, Run } from '@belay/contracts';
import { Button, Loader, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../api';
import { PreviewList } from '../actions/preview-list';
import { Failure } from '../failure';
import { readJsonObject } from './contract-text';
import { TextEditor } from './text-editor';

const POLL_MS = 500;

/** Finds out what a call would do, without doing it: a run of one step that is looked at and never started. */
export function DryRun({ detail }: { detail: ContractDetail }) {
  const [text, setText] = useState(() => JSON.stringify(exampleOf(detail), null, 2));
  const read = readJsonObject(text);
  const plan = useMutation({
    mutationFn: (args: Record<string, unknown>) =>
      call(Run, 'POST', 'runs', {
        title: `Dry run of ${detail.title}`.slice(0, 200),
        steps: [{ id: 'call', contract: `${detail.contract}@${detail.version}`, arguments: args }],
      }),
  });
  const run = useQuery({
    queryKey: ['dry-run', plan.data?.id],
    queryFn: () => lookAt(plan.data?.id ?? ''),
    enabled: plan.data !== undefined,
    refetchInterval: ({ state: { data } }) =>
      data === undefined || data.state === 'planned' ? POLL_MS : false,
  });
  const isLooking = plan.isPending || (plan.data !== undefined && run.data?.state !== 'killed' && !run.error);
  return (
    <Stack component="section" aria-label="Dry run" gap="xs">
      <Title order={2} size="h3">
        Try it without effect
      </Title>
      <Text size="sm">
        Nothing is changed: what it would do is found out from the contract, and by asking the server.
      </Text>
      <TextEditor label="Arguments" text={text} findings={read.findings} change={setText} />
      <Button
        style={{ alignSelf: 'start' }}
        disabled={read.value === undefined}
        loading={isLooking && run.data === undefined}
        onClick={() => read.value && plan.mutate(read.value)}
      >
        See what it would do
      </Button>
      {plan.error && <Failure error={plan.error} />}
      {run.error && <Failure error={run.error} />}
      {run.data?.state === 'planned' && <Loader size="sm" />}
      {run.data?.preview && <PreviewList preview={run.data.preview} label="What it would do" />}
      {run.data?.reason && run.data.preview === null && <Text size="sm">{run.data.reason}</Text>}
    </Stack>
  );
}

/** The run as it is; once its preview is there it is stopped, so that nobody starts it. */
async function lookAt(id: string): Promise<Run> {
  const run = await call(Run, 'GET', `runs/${id}`);
  if (run.state === 'ready') await call(Run, 'POST', `runs/${id}/cancel`, {});
  return run;
}

/** Arguments with every required member, empty. */
export function exampleOf({ document }: ContractDetail): Record<string, unknown> {
  const { properties = {}, required = [] } = document.input.schema as {
    properties?: Record<string, { type?: unknown }>;
    required?: string[];
  };
  const empty: Record<string, unknown> = {
    string: '',
    number: 0,
    integer: 0,
    boolean: false,
    array: [],
    object: {},
  };
  return Object.fromEntries(required.map((name) => [name, empty[String(properties[name]?.type)] ?? null]));
}

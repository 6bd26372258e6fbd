import { type Collection, Retention } from '@belay/contracts';
import { Alert, Button, Group, List, Loader, NumberInput, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call } from '../api';
import { Failure } from '../failure';

const MOST_SHOWN = 20;
const days = (count: number) => (count === 1 ? '1 day' : `${count.toLocaleString('en')} days`);

/** How long a collection keeps documents. What a new rule would delete is shown before it is set. */
export function RetentionForm({ collection: { id } }: { collection: Collection }) {
  const queries = useQueryClient();
  const path = `collections/${id}/retention`;
  const key = ['retention', id];
  const [wanted, setWanted] = useState<number | string>('');
  const current = useQuery({ queryKey: key, queryFn: () => call(Retention, 'GET', path) });
  const preview = useMutation({
    mutationFn: async (count: number) => ({
      count,
      ...(await call(Retention, 'GET', `${path}?days=${count}`)),
    }),
  });
  const set = useMutation({
    mutationFn: (count: number | null) => call(Retention, 'PUT', path, { days: count }),
    onSuccess: (rule) => {
      queries.setQueryData(key, rule);
      preview.reset();
      setWanted('');
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typeof wanted === 'number') preview.mutate(wanted);
  };
  const rule = current.data?.days ?? null;
  return (
    <Stack component="section" aria-label="How long documents are kept" gap="xs">
      <Title order={2} size="h4">
        How long documents are kept
      </Title>
      {current.isPending && <Loader size="sm" />}
      {current.error && <Failure error={current.error} retry={() => void current.refetch()} />}
      {current.data && (
        <Group gap="xs">
          <Text role="status">
            {rule === null
              ? 'For ever.'
              : `For ${days(rule)} after their upload, then deleted, each with a receipt.`}
          </Text>
          {rule !== null && (
            <Button
              size="compact-sm"
              variant="light"
              loading={set.isPending}
              onClick={() => set.mutate(null)}
            >
              Keep them for ever
            </Button>
          )}
        </Group>
      )}
      <form onSubmit={submit}>
        <Group align="end" gap="xs">
          <NumberInput
            label="Keep them for so many days"
            min={1}
            max={36500}
            allowDecimal={false}
            value={wanted}
            onChange={(value) => {
              setWanted(value);
              preview.reset();
            }}
          />
          <Button type="submit" variant="light" disabled={wanted === ''} loading={preview.isPending}>
            See what would go
          </Button>
        </Group>
      </form>
      {preview.error && <Failure error={preview.error} />}
      {set.error && <Failure error={set.error} />}
      {preview.data && (
        <Preview
          preview={preview.data}
          count={preview.data.count}
          isBusy={set.isPending}
          set={() => set.mutate(preview.data.count)}
        />
      )}
    </Stack>
  );
}

function Preview({
  preview: { due, documents },
  count,
  isBusy,
  set,
}: {
  preview: Retention;
  count: number;
  isBusy: boolean;
  set: () => void;
}) {
  const shown = documents.slice(0, MOST_SHOWN);
  const noun = due === 1 ? '1 document' : `${due.toLocaleString('en')} documents`;
  return (
    <Alert
      color={due > 0 ? 'red' : 'blue'}
      title={due > 0 ? `${noun} would be deleted soon` : 'Nothing would be deleted now'}
      role="status"
    >
      <Stack gap="xs" align="start">
        {shown.length > 0 && (
          <List size="sm" style={{ overflowWrap: 'anywhere' }}>
            {shown.map(({ id, title, path }) => (
              <List.Item key={id}>
                {title} ({path})
              </List.Item>
            ))}
          </List>
        )}
        {due > shown.length && <Text size="sm">and {due - shown.length} more.</Text>}
        <Button color={due > 0 ? 'red' : 'teal'} loading={isBusy} onClick={set}>
          {due > 0 ? `Keep for ${days(count)} and delete ${noun}` : `Keep for ${days(count)}`}
        </Button>
      </Stack>
    </Alert>
  );
}

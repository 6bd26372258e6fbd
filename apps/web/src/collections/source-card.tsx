import { Source, sayTime } from '@belay/contracts';
import { Badge, Button, Card, Group, List, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call, tell } from '../api';
import { notifyFailure } from '../notify';
import { RemoveSource } from './remove-source';

/** One source: where it is, how its last sync ended, and what can be done with it. */
export function SourceCard({ source }: { source: Source }) {
  const queries = useQueryClient();
  const options = {
    onSuccess: () => queries.invalidateQueries({ queryKey: ['sources'] }),
    onError: notifyFailure,
  };
  const sync = useMutation({
    mutationFn: () => call(Source, 'POST', `sources/${source.id}/sync`, {}),
    ...options,
  });
  const remove = useMutation({
    mutationFn: (documents: string) => tell('DELETE', `sources/${source.id}?documents=${documents}`),
    ...options,
  });
  const [asked, setAsked] = useState(false);
  const { kind, location, branch, everyMinutes, removing } = source;
  return (
    <Card withBorder p="sm" component="article" aria-label={`Source ${location}`}>
      <Group justify="space-between" gap="xs" wrap="nowrap" align="start">
        <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
          {location}
          {branch && ` (${branch})`}
        </Text>
        <Badge variant="light" color="gray" tt="none" miw="fit-content">
          {kind}
        </Badge>
      </Group>
      <Text size="sm" c="dimmed">
        Every {everyMinutes === 1 ? 'minute' : `${everyMinutes.toLocaleString('en')} minutes`}, as{' '}
        {source.owner}
      </Text>
      <Outcome source={source} />
      <Group gap="xs" mt="xs">
        <Button
          size="compact-sm"
          variant="light"
          disabled={removing}
          loading={sync.isPending}
          aria-label={`Sync ${location} now`}
          onClick={() => sync.mutate()}
        >
          Sync now
        </Button>
        <Button
          size="compact-sm"
          variant="subtle"
          color="red"
          disabled={removing}
          loading={remove.isPending}
          aria-label={`Remove ${location}`}
          onClick={() => setAsked(true)}
        >
          Remove
        </Button>
      </Group>
      {asked && (
        <RemoveSource
          location={location}
          close={() => setAsked(false)}
          remove={(documents) => remove.mutate(documents)}
        />
      )}
    </Card>
  );
}

function Outcome({ source: { running, removing, error, counts, finishedAt, problems } }: { source: Source }) {
  const state = removing
    ? 'Being removed, with its documents.'
    : running
      ? 'Being synced now.'
      : finishedAt === null
        ? 'Not synced yet.'
        : `Last synced ${sayTime(finishedAt)}.`;
  return (
    <div aria-live="polite">
      <Text size="sm">
        {state} {counts.documents.toLocaleString('en')} {counts.documents === 1 ? 'document' : 'documents'}
        {counts.problems > 0 && `, ${counts.problems.toLocaleString('en')} not taken`}.
      </Text>
      {error && (
        <Text size="sm" c="red" style={{ overflowWrap: 'anywhere' }}>
          {error.detail}
        </Text>
      )}
      {problems.length > 0 && (
        <List size="sm" style={{ overflowWrap: 'anywhere' }}>
          {problems.map(({ path, reason }) => (
            <List.Item key={path}>
              {path}: {reason}
            </List.Item>
          ))}
        </List>
      )}
    </div>
  );
}

import { type Collection, Source } from '@belay/contracts';
import { Loader, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { z } from 'zod';
import { call } from '../api';
import { Failure } from '../failure';
import { useSession } from '../use-session';
import { AddSource } from './add-source';
import { SourceCard } from './source-card';

const Sources = z.object({ sources: z.array(Source) });
const POLL_MS = 3000;

/** The folders and repositories that a collection gets its documents from. */
export function SourceList({ collection }: { collection: Collection }) {
  const queries = useQueryClient();
  const person = useSession().data?.signedIn;
  const all = useQuery({
    queryKey: ['sources'],
    queryFn: () => call(Sources, 'GET', 'sources'),
    refetchInterval: POLL_MS,
  });
  const add = useMutation({
    mutationFn: (body: object) => call(Source, 'POST', 'sources', { ...body, collection: collection.id }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['sources'] }),
  });
  const own = all.data?.sources.filter((source) => source.collectionId === collection.id) ?? [];
  return (
    <Stack component="section" aria-label="Sources" gap="xs">
      <Title order={2} size="h4">
        Sources
      </Title>
      {all.isPending && <Loader size="sm" />}
      {all.error && <Failure error={all.error} retry={() => void all.refetch()} />}
      {all.isSuccess && own.length === 0 && <Text c="dimmed">None: documents are uploaded.</Text>}
      {own.map((source) => (
        <SourceCard key={source.id} source={source} />
      ))}
      {add.error && <Failure error={add.error} />}
      {person?.roles.includes('admin') && (
        <AddSource key={own.length} isBusy={add.isPending} add={(body) => add.mutate(body)} />
      )}
    </Stack>
  );
}

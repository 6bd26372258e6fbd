import { Uploads, UploadState } from '@belay/contracts';
import { Anchor, Button, Group, Loader, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useSearchParams } from 'react-router';
import { call } from '../api';
import { Failure } from '../failure';
import { UploadRow } from './upload-row';

const PAGE = 50;
const POLL_MS = 2000;
const IDLE_POLL_MS = 10_000;
const EMPTY: Record<UploadState, string> = {
  waiting: 'Nothing of yours is under way.',
  failed: 'Nothing of yours has failed.',
  ready: 'Nothing of yours is ready yet.',
};

/** What became of the documents that a person uploaded or manages: a page of one state at a time, from the server. */
export function UploadsPage() {
  const [params, setParams] = useSearchParams();
  const state = UploadState.catch('waiting').parse(params.get('state'));
  const after = params.get('after') ?? '';
  const show = (next: Record<string, string>) => setParams(next);
  const uploads = useQuery({
    queryKey: ['uploads', state, after],
    queryFn: () => {
      const query = new URLSearchParams({ state, after, limit: String(PAGE) });
      return call(Uploads, 'GET', `ingestion/uploads?${query.toString()}`);
    },
    refetchInterval: (query) => (query.state.data?.waiting === 0 ? IDLE_POLL_MS : POLL_MS),
    placeholderData: keepPreviousData,
  });
  const { data, isPlaceholderData } = uploads;
  const labels: Record<UploadState, string> = {
    waiting: data ? `Under way (${data.waiting.toLocaleString('en')})` : 'Under way',
    failed: data ? `Failed (${data.failed.toLocaleString('en')})` : 'Failed',
    ready: 'Ready',
  };
  return (
    <Stack maw={860}>
      <Title order={1} size="h2">
        Uploads
      </Title>
      <Text>
        What became of the documents that you uploaded or manage.{' '}
        <Anchor component={Link} to="/documents" underline="always">
          Upload more
        </Anchor>
      </Text>
      <SegmentedControl
        aria-label="State"
        value={state}
        onChange={(next) => show({ state: next })}
        data={UploadState.options.map((value) => ({ value, label: labels[value] }))}
        style={{ alignSelf: 'start' }}
      />
      {uploads.isPending && <Loader />}
      {uploads.error && <Failure error={uploads.error} retry={() => void uploads.refetch()} />}
      {data && (
        <div aria-busy={isPlaceholderData}>
          {data.uploads.length === 0 && !isPlaceholderData && (
            <Text c="dimmed" role="status">
              {after ? 'No more of them.' : EMPTY[state]}
            </Text>
          )}
          <Stack component="ul" gap="xs" m={0} p={0} style={{ listStyle: 'none' }} aria-label="Uploads">
            {data.uploads.map((row) => (
              <UploadRow key={row.id} row={row} />
            ))}
          </Stack>
        </div>
      )}
      <Group>
        {after && (
          <Button variant="light" onClick={() => show({ state })}>
            Newest
          </Button>
        )}
        {data?.next && (
          <Button variant="light" onClick={() => show({ state, after: data.next ?? '' })}>
            Older
          </Button>
        )}
      </Group>
    </Stack>
  );
}

import type { UploadEntry } from '@belay/contracts';
import { Anchor, Button, Card, Group, Progress, Text } from '@mantine/core';
import { useState } from 'react';
import { Link } from 'react-router';
import { useSayPlace } from '../collections/use-collections';
import { ConfirmDelete } from '../documents/confirm-delete';
import { mayFareBetter } from '../documents/may-fare-better';
import { StageBadge } from '../documents/stage-badge';
import { useDocumentActions } from '../documents/use-document-actions';
import { When } from '../shown/when';

// A reason that lies in the document says itself what to do.
const ITS_OWN = /^documents\./;
const RETRY = 'Retry. If it fails again, ask whoever runs the server to look at the log.';

/** One document: its stage, how far it is, what failed and what to do about it. */
export function UploadRow({ row }: { row: UploadEntry }) {
  const sayPlace = useSayPlace();
  return (
    <Card withBorder p="sm" component="li">
      <Group justify="space-between" gap="xs" align="start">
        <div style={{ flex: '1 1 240px', minWidth: 0, overflowWrap: 'anywhere' }}>
          {row.versionId ? (
            <Anchor component={Link} to={`/documents/${row.id}`} underline="always">
              {row.title}
            </Anchor>
          ) : (
            <Text>{row.title}</Text>
          )}
          <Text size="sm" c="dimmed">
            {sayPlace(row)} · <When at={row.uploadedAt} />
          </Text>
        </div>
        <Group gap="xs">
          {row.manages && <Actions row={row} />}
          <StageBadge stage={row.stage} />
        </Group>
      </Group>
      <HowFar row={row} />
      {row.error && (
        <Text size="sm" mt={4} style={{ overflowWrap: 'anywhere' }}>
          <Text span inherit c="red" fw={600}>
            {row.error.detail}
          </Text>{' '}
          {!ITS_OWN.test(row.error.code) && RETRY}
        </Text>
      )}
    </Card>
  );
}

function HowFar({ row: { stage, parts, indexed, title } }: { row: UploadEntry }) {
  if (stage === 'ready' || stage === 'failed') return null;
  if (parts === 0)
    return (
      <Text size="sm" mt={4}>
        Waits its turn, or is being read.
      </Text>
    );
  // How many parts there will be is known once all of them are read.
  const isRead = stage === 'index';
  return (
    <>
      <Text size="sm" mt={4}>
        {isRead
          ? `${indexed} of ${parts} parts are indexed.`
          : `${parts} parts read so far, ${indexed} of them indexed.`}
      </Text>
      {isRead && <Progress value={(100 * indexed) / parts} aria-label={`Indexed parts of ${title}`} mt={4} />}
    </>
  );
}

function Actions({ row }: { row: UploadEntry }) {
  const { retry, remove } = useDocumentActions(row.id);
  const [confirming, setConfirming] = useState(false);
  const isUnderWay = row.stage !== 'ready' && row.stage !== 'failed';
  const word = isUnderWay ? 'Cancel' : 'Remove';
  return (
    <>
      {row.stage === 'failed' && mayFareBetter(row) && (
        <Button
          size="compact-sm"
          variant="light"
          loading={retry.isPending}
          aria-label={`Retry ${row.title}`}
          onClick={() => retry.mutate()}
        >
          Retry
        </Button>
      )}
      <Button
        size="compact-sm"
        variant="subtle"
        color="red"
        loading={remove.isPending}
        aria-label={`${word} ${row.title}`}
        onClick={() => setConfirming(true)}
      >
        {word}
      </Button>
      {confirming && (
        <ConfirmDelete title={row.title} close={() => setConfirming(false)} confirm={() => remove.mutate()} />
      )}
    </>
  );
}

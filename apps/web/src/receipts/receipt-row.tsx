import { type Receipt, ReceiptCheck, sayReceipt, sayRemoved } from '@belay/contracts';
import { Alert, Button, Card, Code, Group, Text, TextInput } from '@mantine/core';
import { IconAlertTriangle, IconCheck } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call } from '../api';
import { sayCollection, useCollections } from '../collections/use-collections';
import { Failure } from '../failure';
import { When } from '../shown/when';

const KINDS = { document: 'Document', answer: 'Question with its answer' } as const;

const useCheck = () =>
  useMutation({
    mutationFn: (leafId: string) => call(ReceiptCheck, 'GET', `receipts/${encodeURIComponent(leafId)}`),
  });

/** One receipt: what was deleted and when, and whether that still holds, on demand. */
export function ReceiptRow({
  row: { leafId, kind, document, collectionId, deletedAt, removed },
}: {
  row: Receipt;
}) {
  const check = useCheck();
  const collections = useCollections().data?.collections ?? [];
  const place = collections.find(({ id }) => id === collectionId);
  return (
    <Card withBorder p="sm" component="li">
      <Group justify="space-between" gap="xs" align="start">
        <div style={{ flex: '1 1 240px', minWidth: 0, overflowWrap: 'anywhere' }}>
          <Text>
            {KINDS[kind]}
            {place && ` of ${sayCollection(place.title, place.owner)}`}, deleted <When at={deletedAt} />
          </Text>
          <Text size="sm" c="dimmed">
            Removed {sayRemoved(removed)}.
          </Text>
          <Text size="sm" c="dimmed">
            Its id was {document}. Ledger leaf <Code>{leafId}</Code>
          </Text>
        </div>
        <Button
          variant="light"
          size="compact-sm"
          loading={check.isPending}
          onClick={() => check.mutate(leafId)}
          aria-label={`Verify ${leafId}`}
        >
          Verify
        </Button>
      </Group>
      <Outcome check={check} />
    </Card>
  );
}

/** Verifies a receipt by its leaf, such as one that somebody else handed over. */
export function CheckAny() {
  const [leaf, setLeaf] = useState('');
  const check = useCheck();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (leaf.trim() !== '') check.mutate(leaf.trim());
  };
  return (
    <div>
      <Group component="form" onSubmit={submit} align="end" gap="xs">
        <TextInput
          label="Receipt"
          placeholder="Its ledger leaf"
          value={leaf}
          onChange={(event) => setLeaf(event.currentTarget.value)}
          style={{ flex: '1 1 240px', maxWidth: 420 }}
        />
        <Button type="submit" variant="default" loading={check.isPending} disabled={leaf.trim() === ''}>
          Verify this one
        </Button>
      </Group>
      <Outcome check={check} />
    </div>
  );
}

function Outcome({ check: { data, error } }: { check: ReturnType<typeof useCheck> }) {
  const [verdict, ...reasons] = data ? sayReceipt(data) : [];
  return (
    <div aria-live="polite">
      {error && <Failure error={error} />}
      {data && (
        <Alert
          mt="xs"
          variant="default"
          icon={data.ok ? <IconCheck aria-hidden /> : <IconAlertTriangle aria-hidden />}
          title={verdict}
        >
          {reasons.map((line) => (
            <Text key={line} size="sm" style={{ overflowWrap: 'anywhere' }}>
              {line}
            </Text>
          ))}
        </Alert>
      )}
    </div>
  );
}

import { type Collection, Document } from '@belay/contracts';
import {
  ActionIcon,
  Anchor,
  Code,
  Group,
  Loader,
  Select,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { IconRefresh, IconShare, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { z } from 'zod';
import { call } from '../api';
import { NewCollection } from '../collections/new-collection';
import { sayCollection, useCollections, useSayPlace } from '../collections/use-collections';
import { Failure } from '../failure';
import { SharingDialog } from '../sharing/sharing-dialog';
import { ConfirmDelete } from './confirm-delete';
import { mayFareBetter } from './may-fare-better';
import { ShareMenu } from './share-menu';
import { StageBadge } from './stage-badge';
import { UploadBox } from './upload-box';
import { useDocumentActions } from './use-document-actions';

const Documents = z.object({ documents: z.array(Document) });
const option = ({ id, title, owner }: Collection) => ({ value: id, label: sayCollection(title, owner) });
const isBusy = (document: Document) => document.stage !== 'ready' && document.stage !== 'failed';

export function DocumentsPage() {
  const [chosen, setChosen] = useState<string | null>(null);
  const [filter, setFilter] = useState('');
  const [shared, setShared] = useState<string>();
  const collections = useCollections();
  const documents = useQuery({
    queryKey: ['documents', chosen],
    queryFn: () =>
      call(
        Documents,
        'GET',
        `documents?limit=2000${chosen ? `&collection=${encodeURIComponent(chosen)}` : ''}`,
      ),
    refetchInterval: (query) => (query.state.data?.documents.some(isBusy) ? 1000 : false),
  });
  const all = collections.data?.collections ?? [];
  const collection = all.find((entry) => entry.id === chosen);
  const matches = (row: Document) => `${row.title} ${row.path}`.toLowerCase().includes(filter.toLowerCase());
  const listed = documents.data?.documents ?? [];
  const rows = listed.filter(matches);
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h2">
          Documents
        </Title>
        <Group gap="md">
          <Anchor component={Link} to="/documents/receipts" size="sm" underline="always">
            Receipts
          </Anchor>
          <NewCollection created={setChosen} />
        </Group>
      </Group>
      <Group align="end">
        <Select
          label="Collection"
          placeholder="All that you may read"
          clearable
          allowDeselect={false}
          // Opened before its choices are known, it would show none and stay so.
          disabled={collections.isPending}
          data={[
            { group: 'You manage', items: all.filter((entry) => entry.manages).map(option) },
            { group: 'You may read', items: all.filter((entry) => !entry.manages).map(option) },
          ]}
          value={chosen}
          onChange={setChosen}
        />
        <TextInput label="Filter" value={filter} onChange={(event) => setFilter(event.currentTarget.value)} />
        {collection?.manages && <ShareMenu collection={collection} share={setShared} />}
      </Group>
      {collection?.manages ? (
        <UploadBox key={collection.id} collection={collection.id} documents={listed} />
      ) : (
        <UploadHint />
      )}
      {(documents.isPending || collections.isPending) && <Loader />}
      {documents.error && <Failure error={documents.error} retry={() => void documents.refetch()} />}
      {documents.isSuccess && rows.length === 0 && (
        <Nothing collection={collection} isFiltered={documents.data.documents.length > 0} />
      )}
      {rows.length > 0 && <DocumentTable rows={rows} share={setShared} />}
      {shared && (
        <SharingDialog
          on={shared}
          title={
            rows.find((row) => row.id === shared)?.title ??
            (collection && shared.replace(collection.id, sayCollection(collection.title, collection.owner)))
          }
          close={() => setShared(undefined)}
        />
      )}
    </Stack>
  );
}

function UploadHint() {
  return (
    <Text size="sm" c="dimmed">
      To upload, choose a collection that you manage, or create one.
    </Text>
  );
}

/** Says why there is nothing to see: whoever may write there is told how to fill it. */
function Nothing({ collection, isFiltered }: { collection: Collection | undefined; isFiltered: boolean }) {
  if (isFiltered) return <Text c="dimmed">Nothing of that name here.</Text>;
  if (!collection?.manages) return <Text c="dimmed">Nothing here that you may read.</Text>;
  return (
    <Text c="dimmed" style={{ overflowWrap: 'anywhere' }}>
      Nothing is in here yet. Drop files or a folder on the field above, or choose them there. On the command
      line: <Code>./belay ingest FOLDER --collection {collection.name}</Code>
    </Text>
  );
}

function DocumentTable({ rows, share }: { rows: Document[]; share: (id: string) => void }) {
  const isManager = rows.some(({ manages }) => manages);
  const sayPlace = useSayPlace();
  return (
    <Table verticalSpacing="xs" className="stacked" layout="fixed">
      <Table.Thead visibleFrom="sm">
        <Table.Tr>
          <Table.Th w="34%">Title</Table.Th>
          <Table.Th w="26%">Place</Table.Th>
          <Table.Th>State</Table.Th>
          {isManager && <Table.Th w={130}>Actions</Table.Th>}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows.map((row) => (
          <Row key={row.id} row={row} place={sayPlace(row)} isManager={isManager} share={share} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Row({
  row,
  place,
  isManager,
  share,
}: {
  row: Document;
  place: string;
  isManager: boolean;
  share: (id: string) => void;
}) {
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        {row.versionId ? (
          <Anchor component={Link} to={`/documents/${row.id}`} inherit>
            {row.title}
          </Anchor>
        ) : (
          row.title
        )}
      </Table.Td>
      <Table.Td visibleFrom="sm" style={{ overflowWrap: 'anywhere' }}>
        <Text size="sm" c="dimmed">
          {place}
        </Text>
      </Table.Td>
      <Table.Td>
        <StageBadge stage={row.stage} />
        {row.error && (
          <Text size="sm" c="red">
            {row.error.detail}
          </Text>
        )}
      </Table.Td>
      {isManager && <Table.Td>{row.manages && <Actions row={row} share={share} />}</Table.Td>}
    </Table.Tr>
  );
}

function Actions({ row, share }: { row: Document; share: (id: string) => void }) {
  const { retry, remove } = useDocumentActions(row.id);
  const [confirming, setConfirming] = useState(false);
  return (
    <>
      <Group gap={4} wrap="nowrap">
        <ActionIcon variant="subtle" aria-label={`Share ${row.title}`} onClick={() => share(row.id)}>
          <IconShare size={16} />
        </ActionIcon>
        {row.stage === 'failed' && mayFareBetter(row) && (
          <ActionIcon variant="subtle" aria-label={`Retry ${row.title}`} onClick={() => retry.mutate()}>
            <IconRefresh size={16} />
          </ActionIcon>
        )}
        <ActionIcon
          variant="subtle"
          color="red"
          aria-label={`Delete ${row.title}`}
          loading={remove.isPending}
          onClick={() => setConfirming(true)}
        >
          <IconTrash size={16} />
        </ActionIcon>
      </Group>
      {confirming && (
        <ConfirmDelete title={row.title} close={() => setConfirming(false)} confirm={() => remove.mutate()} />
      )}
    </>
  );
}

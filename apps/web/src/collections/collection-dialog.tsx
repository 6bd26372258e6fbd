import type { Collection } from '@belay/contracts';
import { Modal, Stack } from '@mantine/core';
import { RetentionForm } from './retention-form';
import { SourceList } from './source-list';

/** Where the documents of a collection come from, and how long they are kept. */
export function CollectionDialog({ collection, close }: { collection: Collection; close: () => void }) {
  return (
    <Modal
      opened
      onClose={close}
      title={`Sources and keeping of ${collection.title}`}
      size="lg"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <Stack gap="xl">
        <SourceList collection={collection} />
        <RetentionForm collection={collection} />
      </Stack>
    </Modal>
  );
}

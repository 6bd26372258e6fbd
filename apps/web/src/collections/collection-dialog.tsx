import type { Collection } from '@belay/contracts';
import { Modal, Stack } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { RetentionForm } from './retention-form';
import { SourceList } from './source-list';

/** Where the documents of a collection come from, and how long they are kept. */
export function CollectionDialog({ collection, close }: { collection: Collection; close: () => void }) {
  const isPhone = useMediaQuery('(max-width: 48em)');
  return (
    <Modal
      opened
      fullScreen={isPhone}
      onClose={close}
      title={`Sources and keeping of ${collection.title}`}
      size="lg"
    >
      <Stack gap="xl">
        <SourceList collection={collection} />
        <RetentionForm collection={collection} />
      </Stack>
    </Modal>
  );
}

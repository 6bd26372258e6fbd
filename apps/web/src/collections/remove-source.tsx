import { Button, Group, Modal, Text } from '@mantine/core';

/** Asks what becomes of the documents of a source that ends. */
export function RemoveSource({
  location,
  close,
  remove,
}: {
  location: string;
  close: () => void;
  remove: (documents: 'keep' | 'delete') => void;
}) {
  const go = (documents: 'keep' | 'delete') => {
    close();
    remove(documents);
  };
  return (
    <Modal opened onClose={close} title="Remove this source?">
      <Text style={{ overflowWrap: 'anywhere' }}>
        Nothing more is taken from {location}. The documents that came from it can stay, or go with it, each
        with a receipt.
      </Text>
      <Group justify="flex-end" mt="md" gap="xs">
        <Button variant="default" onClick={close} data-autofocus>
          Cancel
        </Button>
        <Button variant="light" onClick={() => go('keep')}>
          Keep the documents
        </Button>
        <Button color="red" onClick={() => go('delete')}>
          Delete them too
        </Button>
      </Group>
    </Modal>
  );
}

import { Button, Group, Modal, Text } from '@mantine/core';

/** Asks before a document goes for good. */
export function ConfirmDelete({
  title,
  close,
  confirm,
}: {
  title: string;
  close: () => void;
  confirm: () => void;
}) {
  const go = () => {
    close();
    confirm();
  };
  return (
    <Modal opened onClose={close} title="Delete this document?">
      <Text>
        &ldquo;{title}&rdquo; and everything derived from it are removed. This cannot be undone; a receipt
        says what was removed.
      </Text>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={close} data-autofocus>
          Keep it
        </Button>
        <Button color="red" onClick={go}>
          Delete
        </Button>
      </Group>
    </Modal>
  );
}

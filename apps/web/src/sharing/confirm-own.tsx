import { Button, Group, Modal, Text } from '@mantine/core';

/** Asks before somebody takes away what they may read themselves. */
export function ConfirmOwn({ close, go }: { close: () => void; go: () => void }) {
  return (
    <Modal opened onClose={close} title="Take away your own access?">
      <Text>
        After this you may not read it yourself any more, unless another grant lets you. As long as it is
        yours to share you can give it back to yourself.
      </Text>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={close} data-autofocus>
          Keep my access
        </Button>
        <Button
          color="red"
          onClick={() => {
            close();
            go();
          }}
        >
          Take it away
        </Button>
      </Group>
    </Modal>
  );
}

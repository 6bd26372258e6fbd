import type { Generation } from '@belay/contracts';
import { Button, Group, Modal, Text } from '@mantine/core';

export type Step = 'switch' | 'force' | 'drop';

const WORDS: Record<Step, { title: string; text: string; go: string; color: string }> = {
  switch: {
    title: 'Search with this model?',
    text: 'From now on questions are answered with it. The present one stands by, so that you can return.',
    go: 'Search with it',
    color: 'teal',
  },
  force: {
    title: 'Search with this model all the same?',
    text: 'It has not been shown to be as good as the present one. That you chose it anyway is written to the ledger.',
    go: 'Search with it anyway',
    color: 'red',
  },
  drop: {
    title: 'Drop this generation?',
    text: 'Its vectors are deleted. To use its model again, the index is built anew. Documents and answers stay.',
    go: 'Drop it',
    color: 'red',
  },
};

/** Asks before the model is changed or a generation goes. */
export function Confirm({
  step,
  generation,
  close,
  go,
}: {
  step: Step;
  generation: Generation;
  close: () => void;
  go: (step: Step) => void;
}) {
  const words = WORDS[step];
  return (
    <Modal opened onClose={close} title={words.title}>
      <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
        {generation.model}, generation {generation.id}
      </Text>
      <Text>{words.text}</Text>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={close} data-autofocus>
          Keep things as they are
        </Button>
        <Button color={words.color} onClick={() => go(step)}>
          {words.go}
        </Button>
      </Group>
    </Modal>
  );
}

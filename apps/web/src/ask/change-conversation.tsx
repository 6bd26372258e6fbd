import { Conversation } from '@belay/contracts';
import { Button, Group, Modal, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call, tell } from '../api';
import { Failure } from '../failure';

interface Change {
  readonly id: string;
  readonly title: string;
  readonly close: () => void;
}

/** Gives a conversation a title of the person's own. */
export function RenameConversation({ id, title, close }: Change) {
  const [words, setWords] = useState(title);
  const { mutate, isPending, error } = useChange(id, close, () =>
    call(Conversation, 'PATCH', `conversations/${id}`, { title: words.trim() }),
  );
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (words.trim()) mutate();
  };
  return (
    <Modal opened onClose={close} title="Rename this conversation">
      <form onSubmit={onSubmit}>
        <TextInput
          label="Title"
          maxLength={200}
          value={words}
          data-autofocus
          onChange={(event) => setWords(event.currentTarget.value)}
        />
        {error && <Failure error={error} />}
        <Group justify="flex-end" mt="md">
          <Button type="submit" loading={isPending} disabled={!words.trim()}>
            Rename
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

/** Asks before the questions of a conversation go for good. */
export function DeleteConversation({ id, title, close }: Change) {
  const { mutate, isPending, error } = useChange(id, close, () => tell('DELETE', `conversations/${id}`));
  return (
    <Modal opened onClose={close} title="Delete this conversation?">
      <Text>
        &ldquo;{title}&rdquo; and every question in it are erased, on the ledger too. This cannot be undone.
      </Text>
      {error && <Failure error={error} />}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={close} data-autofocus>
          Keep it
        </Button>
        <Button color="red" loading={isPending} onClick={() => mutate()}>
          Delete
        </Button>
      </Group>
    </Modal>
  );
}

function useChange(id: string, close: () => void, change: () => Promise<unknown>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      close();
      queries.removeQueries({ queryKey: ['thread', id] });
      await queries.invalidateQueries({ queryKey: ['conversations'] });
    },
  });
}

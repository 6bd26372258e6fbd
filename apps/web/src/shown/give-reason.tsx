import { Button, Group, Modal, Text, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';

const LONGEST = 500;

/** Asks for the reason of something that stops or refuses; it goes on the ledger. */
export function GiveReason({
  title,
  says,
  go,
  isOptional = false,
  close,
  give,
}: {
  title: string;
  says: string;
  go: string;
  isOptional?: boolean;
  close: () => void;
  give: (reason: string) => void;
}) {
  const [reason, setReason] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    close();
    give(reason.trim());
  };
  return (
    <Modal opened onClose={close} title={title}>
      <form onSubmit={submit}>
        <Text>{says}</Text>
        <Textarea
          mt="xs"
          label={isOptional ? 'Why, if you like' : 'Why'}
          required={!isOptional}
          maxLength={LONGEST}
          autosize
          minRows={2}
          data-autofocus
          value={reason}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={close}>
            Keep things as they are
          </Button>
          <Button type="submit" color="red" disabled={!isOptional && !reason.trim()}>
            {go}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}

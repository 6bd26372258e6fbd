import { type Answer, AnswerReceipt } from '@belay/contracts';
import { Button, Group, Modal, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useParams } from 'react-router';
import { call } from '../api';
import { Failure } from '../failure';

/** Erases one question with its answer, after asking. Where the page stood on it, it goes on with the others. */
export function DeleteAnswer({ answer: { answerId, question, conversationId } }: { answer: Answer }) {
  const [opened, { open, close }] = useDisclosure(false);
  const { id } = useParams();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const erase = useMutation({
    mutationFn: () => call(AnswerReceipt, 'DELETE', `answers/${encodeURIComponent(answerId)}`),
    onSuccess: async () => {
      close();
      queries.removeQueries({ queryKey: ['answer', answerId] });
      await queries.invalidateQueries({ queryKey: ['thread', conversationId ?? undefined] });
      await queries.invalidateQueries({ queryKey: ['conversations'] });
      await queries.invalidateQueries({ queryKey: ['receipts'] });
      if (id === answerId) void navigate(conversationId ? `/conversations/${conversationId}` : '/');
    },
  });
  return (
    <>
      <Button variant="subtle" color="gray" size="compact-sm" onClick={open}>
        Delete
      </Button>
      <Modal
        opened={opened}
        onClose={close}
        title="Delete this question?"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Text style={{ overflowWrap: 'anywhere' }}>
          &ldquo;{question}&rdquo; and its answer are erased, on the ledger too. This cannot be undone; the
          receipt stays under Documents, Receipts.
        </Text>
        {erase.error && <Failure error={erase.error} />}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={close} data-autofocus>
            Keep it
          </Button>
          <Button color="red" loading={erase.isPending} onClick={() => erase.mutate()}>
            Delete for good
          </Button>
        </Group>
      </Modal>
    </>
  );
}

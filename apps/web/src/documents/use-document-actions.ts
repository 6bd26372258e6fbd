import { DeletionReceipt } from '@belay/contracts';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call, tell } from '../api';
import { notifyFailure } from '../notify';

/** Retrying and deleting a document. What shows documents is asked for again. */
export function useDocumentActions(id: string) {
  const queries = useQueryClient();
  const refresh = () =>
    Promise.all(
      ['documents', 'uploads', 'collections'].map((key) => queries.invalidateQueries({ queryKey: [key] })),
    );
  const retry = useMutation({
    mutationFn: () => tell('POST', `documents/${id}/retry`),
    onSuccess: refresh,
    onError: notifyFailure,
  });
  const remove = useMutation({
    mutationFn: () => call(DeletionReceipt, 'DELETE', `documents/${id}`),
    onSuccess: async (receipt) => {
      const removed = Object.entries(receipt.removed)
        .map(([what, count]) => `${count} ${what}`)
        .join(', ');
      notifications.show({
        title: 'Deleted',
        message: `Removed ${removed}. Ledger leaf ${receipt.leafId}.`,
        autoClose: false,
      });
      await refresh();
    },
    onError: notifyFailure,
  });
  return { retry, remove };
}

import { DeletionReceipt, sayRemoved } from '@belay/contracts';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { call, tell } from '../api';
import { notifyFailure } from '../notify';

/** Retrying and deleting a document. What shows documents is asked for again. */
export function useDocumentActions(id: string) {
  const queries = useQueryClient();
  const refresh = () =>
    Promise.all(
      ['documents', 'uploads', 'collections', 'receipts'].map((key) =>
        queries.invalidateQueries({ queryKey: [key] }),
      ),
    );
  const retry = useMutation({
    mutationFn: () => tell('POST', `documents/${id}/retry`),
    onSuccess: refresh,
    onError: notifyFailure,
  });
  const remove = useMutation({
    mutationFn: () => call(DeletionReceipt, 'DELETE', `documents/${id}`),
    onSuccess: async (receipt) => {
      notifications.show({
        title: 'Deleted',
        message: `Removed ${sayRemoved(receipt.removed)}. Ledger leaf ${receipt.leafId}. The receipt stays under Documents, Receipts.`,
        autoClose: false,
      });
      await refresh();
    },
    onError: notifyFailure,
  });
  return { retry, remove };
}

import { AccessView, type GrantView } from '@belay/contracts';
import { Loader, Modal, Stack, Switch } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { call } from '../api';
import { Failure } from '../failure';
import { Explain } from './explain';
import { Grants } from './grants';
import { ReaderList } from './reader-list';

type Change = Record<string, unknown> & { principal?: string };

/** Who may read a collection, folder or document, why, and how to change it. */
export function SharingDialog({
  on,
  title,
  close,
}: {
  on: string;
  /** What to call it, where its reference is an id. */
  title: string | undefined;
  close: () => void;
}) {
  const queries = useQueryClient();
  const view = useQuery({
    queryKey: ['access', on],
    queryFn: () => call(AccessView, 'GET', `access?on=${encodeURIComponent(on)}`),
  });
  const change = useMutation({
    mutationFn: ({ method, path, body }: { method: string; path: string; body: Change }) =>
      call(AccessView, method, path, body),
    onSuccess: (next) => {
      queries.setQueryData(['access', on], next);
      return queries.invalidateQueries({ queryKey: ['readers', on] });
    },
  });
  const { mutate } = change;
  const revoke = useCallback(
    (grant: Pick<GrantView, 'principal' | 'effect'>) =>
      mutate({ method: 'POST', path: 'grants/revoke', body: { ...grant, on } }),
    [mutate, on],
  );
  const { path, body } = change.variables ?? {};
  const isPhone = useMediaQuery('(max-width: 48em)');
  return (
    <Modal opened fullScreen={isPhone} onClose={close} title={`Sharing of ${title ?? on}`} size="lg">
      {view.isPending && <Loader />}
      {view.error && <Failure error={view.error} retry={() => void view.refetch()} />}
      {view.data && (
        <Stack>
          {change.error && <Failure error={change.error} />}
          {view.data.kind !== 'collection' && (
            <Switch
              label="Inherits the permissions above it"
              checked={view.data.inherits}
              onChange={(event) =>
                change.mutate({
                  method: 'PUT',
                  path: 'grants/inheritance',
                  body: { on, inherits: event.currentTarget.checked },
                })
              }
            />
          )}
          <Grants
            grants={view.data.grants}
            added={path === 'grants' ? body?.principal : undefined}
            busy={change.isPending}
            add={(grant) => mutate({ method: 'POST', path: 'grants', body: { ...grant, on } })}
            revoke={revoke}
          />
          <ReaderList on={on} />
          {view.data.kind === 'document' && <Explain document={on} />}
        </Stack>
      )}
    </Modal>
  );
}

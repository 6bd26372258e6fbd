import { AccessView, type GrantView } from '@belay/contracts';
import { Loader, Modal, Stack, Switch } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback, useState } from 'react';
import { call } from '../api';
import { Failure } from '../failure';
import { useSession } from '../use-session';
import { ConfirmOwn } from './confirm-own';
import { Explain } from './explain';
import { Grants } from './grants';
import { ReaderList } from './reader-list';
import { takesOwnAccess } from './takes-own-access';

type Given = Pick<GrantView, 'principal' | 'effect'>;
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
  const me = useSession().data?.signedIn?.name ?? '';
  const [asked, setAsked] = useState<{ go: () => void }>();
  const regrant = useCallback(
    (kind: 'add' | 'revoke', grant: Given) => {
      const path = kind === 'add' ? 'grants' : 'grants/revoke';
      const go = () => mutate({ method: 'POST', path, body: { ...grant, on } });
      if (takesOwnAccess(kind, grant, me)) setAsked({ go });
      else go();
    },
    [mutate, on, me],
  );
  const revoke = useCallback((grant: Given) => regrant('revoke', grant), [regrant]);
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
            add={(grant) => regrant('add', grant)}
            revoke={revoke}
          />
          {asked && <ConfirmOwn close={() => setAsked(undefined)} go={asked.go} />}
          <ReaderList on={on} />
          {view.data.kind === 'document' && <Explain document={on} />}
        </Stack>
      )}
    </Modal>
  );
}

import { AccessView, type GrantView, sayDay } from '@belay/contracts';
import {
  ActionIcon,
  Badge,
  Button,
  Group,
  Loader,
  Modal,
  SegmentedControl,
  Stack,
  Switch,
  Table,
  Text,
  TextInput,
} from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { IconX } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call } from '../api';
import { Failure } from '../failure';
import { PrincipalPicker } from '../people/principal-picker';
import { Explain } from './explain';
import { ReaderList } from './reader-list';

// There may be a grant for each group of a company.
const FIRST_GRANTS = 20;
const MORE_GRANTS = 100;

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
  const revoke = ({ principal, effect }: GrantView) =>
    change.mutate({ method: 'POST', path: 'grants/revoke', body: { principal, effect, on } });
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
          <Grants grants={view.data.grants} first={change.variables?.body.principal} revoke={revoke} />
          <AddGrant
            busy={change.isPending}
            add={(grant) => change.mutate({ method: 'POST', path: 'grants', body: { ...grant, on } })}
          />
          <ReaderList on={on} />
          {view.data.kind === 'document' && <Explain document={on} />}
        </Stack>
      )}
    </Modal>
  );
}

function Grants({
  grants,
  first,
  revoke,
}: {
  grants: GrantView[];
  /** Whose grants somebody just changed: they are seen without a search. */
  first: string | undefined;
  revoke: (grant: GrantView) => void;
}) {
  const [shown, setShown] = useState(FIRST_GRANTS);
  if (grants.length === 0) return <Text c="dimmed">No grants: nobody may read this.</Text>;
  const isFirst = (grant: GrantView) => Number(grant.principal === first);
  const ordered = grants.toSorted((one, other) => isFirst(other) - isFirst(one));
  const more = Math.min(grants.length - shown, MORE_GRANTS);
  return (
    <>
      <Table aria-label="Grants">
        <Table.Tbody>
          {ordered.slice(0, shown).map((grant) => (
            <Table.Tr key={`${grant.principal} ${grant.effect} ${grant.on}`}>
              <Table.Td>
                <Badge color={grant.effect === 'allow' ? 'teal' : 'red'} variant="light" miw="fit-content">
                  {grant.effect}
                </Badge>
              </Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{grant.principal}</Table.Td>
              <Table.Td>
                <Text size="sm" c="dimmed">
                  {grant.inherited ? `from ${grant.on}` : 'here'}
                  {grant.expires ? `, ${grant.expired ? 'expired' : 'until'} ${sayDay(grant.expires)}` : ''}
                </Text>
              </Table.Td>
              <Table.Td>
                {!grant.inherited && (
                  <ActionIcon
                    variant="subtle"
                    aria-label={`Remove ${grant.effect} for ${grant.principal}`}
                    onClick={() => revoke(grant)}
                  >
                    <IconX size={16} />
                  </ActionIcon>
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {more > 0 && (
        <Button variant="light" style={{ alignSelf: 'start' }} onClick={() => setShown(shown + more)}>
          Show {more} more of {grants.length} grants
        </Button>
      )}
    </>
  );
}

function AddGrant({ add, busy }: { add: (grant: object) => void; busy: boolean }) {
  const [principal, setPrincipal] = useState('');
  const [effect, setEffect] = useState('allow');
  const [expires, setExpires] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add({
      principal,
      effect,
      ...(expires ? { expires: new Date(`${expires}T23:59:59`).toISOString() } : {}),
    });
    setPrincipal('');
    setExpires('');
  };
  return (
    <Group component="form" align="end" onSubmit={submit}>
      <PrincipalPicker
        label="Person, group or role"
        value={principal}
        onChange={setPrincipal}
        required
        style={{ flex: '1 1 200px' }}
      />
      <SegmentedControl aria-label="Effect" value={effect} onChange={setEffect} data={['allow', 'deny']} />
      <TextInput
        label="Until (optional)"
        type="date"
        value={expires}
        onChange={(event) => setExpires(event.currentTarget.value)}
      />
      <Button type="submit" loading={busy}>
        Add
      </Button>
    </Group>
  );
}

import { ApiKey, type SignedInPerson } from '@belay/contracts';
import { Card, Group, Loader, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { call } from '../api';
import { Failure } from '../failure';
import { When } from '../shown/when';
import { ChangePassword } from './change-password';
import { KEY_WORDS } from './key-words';
import { NewKey } from './new-key';
import { RevokeKey } from './revoke-key';

const Keys = z.object({ keys: z.array(ApiKey) });

/** One's own API keys, with which programs and the command line act as oneself, and one's password. */
export function KeysPage({ person }: { person: SignedInPerson }) {
  const keys = useQuery({ queryKey: ['api-keys'], queryFn: () => call(Keys, 'GET', 'api-keys') });
  const rows = keys.data?.keys ?? [];
  return (
    <Stack maw={760}>
      <Title order={1} size="h2">
        API keys and password
      </Title>
      <Text>
        You are signed in as {person.displayName}; the name you sign in with is <b>{person.name}</b>. With a
        key the command line, a program or an assistant acts as you: it reads what you may read and does what
        the key is for, never more than you may yourself. A new password ends all of them.
      </Text>
      <NewKey person={person} />
      <Title order={2} size="h3" mt="md">
        Your keys
      </Title>
      {keys.isPending && <Loader />}
      {keys.error && <Failure error={keys.error} retry={() => void keys.refetch()} />}
      {keys.isSuccess && rows.length === 0 && <Text c="dimmed">You have no key.</Text>}
      {rows.length > 0 && (
        <Stack component="ul" gap="xs" m={0} p={0} style={{ listStyle: 'none' }} aria-label="Your keys">
          {rows.map((row) => (
            <Row key={row.id} row={row} />
          ))}
        </Stack>
      )}
      <ChangePassword person={person} />
    </Stack>
  );
}

function Row({ row }: { row: ApiKey }) {
  const isOver = new Date(row.expiresAt).getTime() < Date.now();
  return (
    <Card withBorder p="sm" component="li">
      <Group justify="space-between" gap="xs" align="start">
        <div style={{ flex: '1 1 240px', minWidth: 0, overflowWrap: 'anywhere' }}>
          <Text fw={600}>{row.label}</Text>
          <Text size="sm">{row.actions.map((action) => KEY_WORDS[action]?.title ?? action).join(' · ')}</Text>
          <Text size="sm" c="dimmed">
            Made <When at={row.createdAt} />, {isOver ? 'expired' : 'works until'} <When at={row.expiresAt} />
          </Text>
        </div>
        <RevokeKey row={row} />
      </Group>
    </Card>
  );
}

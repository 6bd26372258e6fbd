import { type Conversation, Conversations, sayDay } from '@belay/contracts';
import {
  ActionIcon,
  Anchor,
  Button,
  Card,
  Group,
  Menu,
  Skeleton,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconDots, IconPencil, IconTrash } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { call } from '../api';
import { Failure } from '../failure';
import { DeleteConversation, RenameConversation } from './change-conversation';

const SHOWN = 20;
// The most that the API lists at once; older ones are found by their words.
const MOST = 200;

/** Conversations of this person, found by their own words. What a program asked for them, as an evaluation, is none. */
export function History({ current }: { current: string | undefined }) {
  const [words, setWords] = useState('');
  const [search] = useDebouncedValue(words.trim(), 250);
  const [limit, setLimit] = useState(SHOWN);
  const history = useQuery({
    queryKey: ['conversations', search, limit],
    queryFn: () =>
      call(Conversations, 'GET', `conversations?limit=${limit}&search=${encodeURIComponent(search)}`),
    placeholderData: keepPreviousData,
  });
  const hasMore = history.data?.conversations.length === limit;
  const rows = (history.data?.conversations ?? []).filter(
    ({ conversationId, turns }) => conversationId !== current && turns > 0,
  );
  return (
    <section aria-label="Earlier questions">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          Earlier questions
        </Title>
        <TextInput
          aria-label="Find by your own words"
          placeholder="Find by your own words"
          size="xs"
          maxLength={200}
          value={words}
          onChange={(event) => setWords(event.currentTarget.value)}
        />
      </Group>
      {history.isPending && <Skeleton h={40} />}
      {history.error && <Failure error={history.error} retry={() => void history.refetch()} />}
      {history.data && rows.length === 0 && (
        <Text c="dimmed" size="sm">
          {search ? 'You asked nothing with these words.' : 'What you ask is kept here, for you alone.'}
        </Text>
      )}
      <Stack gap={6} component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
        {rows.map((row) => (
          <Row key={row.conversationId} row={row} />
        ))}
      </Stack>
      {hasMore && limit < MOST && (
        <Button variant="subtle" size="xs" mt="xs" onClick={() => setLimit(Math.min(MOST, limit * 3))}>
          Show older questions
        </Button>
      )}
      {hasMore && limit === MOST && (
        <Text c="dimmed" size="sm" mt="xs">
          These are the newest {MOST}. Older ones are found by their words.
        </Text>
      )}
    </section>
  );
}

function Row({ row }: { row: Conversation }) {
  const [changing, setChanging] = useState<'title' | 'delete'>();
  const title = row.title ?? 'Conversation';
  const close = () => setChanging(undefined);
  return (
    <li>
      <Card withBorder p="xs">
        <Group justify="space-between" wrap="nowrap">
          <Anchor
            component={Link}
            to={`/conversations/${row.conversationId}`}
            lineClamp={1}
            underline="always"
          >
            {title}
          </Anchor>
          <Group gap="xs" wrap="nowrap" style={{ flexShrink: 0 }}>
            <Text size="sm" c="dimmed" visibleFrom="xs">
              {row.turns === 1 ? '1 question' : `${row.turns} questions`} ·{' '}
              <time dateTime={row.updatedAt}>{sayDay(row.updatedAt)}</time>
            </Text>
            <Menu position="bottom-end">
              <Menu.Target>
                <ActionIcon variant="subtle" aria-label={`Change ${title}`}>
                  <IconDots size={16} aria-hidden />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item leftSection={<IconPencil size={14} />} onClick={() => setChanging('title')}>
                  Rename
                </Menu.Item>
                <Menu.Item
                  color="red"
                  leftSection={<IconTrash size={14} />}
                  onClick={() => setChanging('delete')}
                >
                  Delete
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </Group>
        </Group>
        {changing === 'title' && <RenameConversation id={row.conversationId} title={title} close={close} />}
        {changing === 'delete' && <DeleteConversation id={row.conversationId} title={title} close={close} />}
      </Card>
    </li>
  );
}

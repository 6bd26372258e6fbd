import { ConversationThread } from '@belay/contracts';
import { Anchor, Center, Loader, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link, Navigate, useParams } from 'react-router';
import { call } from '../api';
import { NotShown } from '../not-shown';

/** Opens a conversation at its newest answer. */
export function OpenConversation() {
  const { id = '' } = useParams();
  const thread = useQuery({
    queryKey: ['thread', id],
    queryFn: () => call(ConversationThread, 'GET', `conversations/${encodeURIComponent(id)}`),
  });
  if (thread.error)
    return (
      <Stack>
        <NotShown what="conversation" error={thread.error} retry={() => void thread.refetch()} />
        <Anchor component={Link} to="/" underline="always">
          Ask a question
        </Anchor>
      </Stack>
    );
  const newest = thread.data?.answers.at(-1);
  if (newest) return <Navigate to={`/answers/${newest.answerId}`} replace />;
  if (thread.data) return <Navigate to="/" replace />;
  return (
    <Center>
      <Loader />
    </Center>
  );
}

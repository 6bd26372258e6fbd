import { ConversationThread } from '@belay/contracts';
import { Center, Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Navigate, useParams } from 'react-router';
import { call } from '../api';
import { Failure } from '../failure';

/** Opens a conversation at its newest answer. */
export function OpenConversation() {
  const { id = '' } = useParams();
  const thread = useQuery({
    queryKey: ['thread', id],
    queryFn: () => call(ConversationThread, 'GET', `conversations/${encodeURIComponent(id)}`),
  });
  if (thread.error) return <Failure error={thread.error} retry={() => void thread.refetch()} />;
  const newest = thread.data?.answers.at(-1);
  if (newest) return <Navigate to={`/answers/${newest.answerId}`} replace />;
  if (thread.data) return <Navigate to="/" replace />;
  return (
    <Center>
      <Loader />
    </Center>
  );
}

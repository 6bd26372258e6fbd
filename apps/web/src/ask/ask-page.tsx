import { Answer, ConversationThread } from '@belay/contracts';
import { Button, Center, Group, Loader, Stack, Text, Title } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type RefObject, useCallback, useEffect, useRef } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { call } from '../api';
import { Failure } from '../failure';
import { NotShown } from '../not-shown';
import { RECHECK } from '../queries';
import { AnswerCard, AnswerFrame } from './answer-card';
import { History } from './history';
import { QuestionForm } from './question-form';
import { type Pending, useAsk } from './use-ask';

const STAGES: Record<Pending['stage'], string> = {
  searching: 'Searching what you may read …',
  reading: 'Reading the best passages …',
  verifying: 'Verifying quotes …',
};

/** Asks, alone or in the conversation of the answer that the address names, and shows what was said in it. */
export function AskPage() {
  const { id } = useParams();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const thread = useThread(id);
  const onAnswer = useCallback(
    (answer: Answer) => {
      queries.setQueryData(['answer', answer.answerId], answer);
      if (answer.conversationId) {
        queries.setQueryData(
          ['thread', answer.conversationId],
          (before: ConversationThread | undefined) =>
            before && { ...before, answers: [...before.answers, answer] },
        );
      }
      void navigate(`/answers/${answer.answerId}`);
    },
    [navigate, queries],
  );
  const { pending, error, submit } = useAsk(onAnswer);
  const inThread = id !== undefined && thread.conversationId !== undefined;
  const form = (
    <QuestionForm
      key={inThread ? thread.conversationId : 'new'}
      busy={pending !== undefined}
      hints={id === undefined && !pending}
      followUp={inThread}
      onAsk={(question) => void submit(question, thread.conversationId)}
    />
  );
  return (
    <Stack maw={820} mx="auto" gap="lg">
      {inThread ? <Heading /> : form}
      {id && !(pending && !inThread) && <Thread thread={thread} />}
      <div aria-live="polite" aria-busy={pending !== undefined}>
        {pending && <Progress pending={pending} />}
        {!pending && error && <Failure error={error} />}
      </div>
      {inThread && form}
      <History current={thread.conversationId} />
    </Stack>
  );
}

function Heading() {
  return (
    <Group justify="space-between">
      <Title order={1} size="h2">
        Conversation
      </Title>
      <Button component={Link} to="/" variant="light" leftSection={<IconPlus size={16} aria-hidden />}>
        New conversation
      </Button>
    </Group>
  );
}

interface OpenThread {
  readonly conversationId: string | undefined;
  readonly answers: readonly Answer[] | undefined;
  readonly unanswered: ConversationThread['unanswered'];
  readonly error: Error | null;
  readonly retry: () => void;
}

/** The conversation of an answer, checked again while it is shown; an answer without one is shown alone. */
function useThread(id: string | undefined): OpenThread {
  const answer = useQuery({
    queryKey: ['answer', id],
    queryFn: () => call(Answer, 'GET', `answers/${encodeURIComponent(id ?? '')}`),
    enabled: id !== undefined,
    ...RECHECK,
  });
  const conversationId = answer.data?.conversationId ?? undefined;
  const thread = useQuery({
    queryKey: ['thread', conversationId],
    queryFn: () => call(ConversationThread, 'GET', `conversations/${conversationId ?? ''}`),
    enabled: conversationId !== undefined,
    ...RECHECK,
  });
  const alone = answer.data && [answer.data];
  return {
    conversationId,
    answers: conversationId === undefined ? alone : (thread.data?.answers ?? alone),
    unanswered: thread.data?.unanswered ?? [],
    error: answer.error ?? thread.error,
    retry: () => void Promise.all([answer.refetch(), thread.refetch()]),
  };
}

/** Brings what is new at the end of a conversation into sight; `count` says how much there is. */
function useInSight(count: number): RefObject<HTMLDivElement | null> {
  const element = useRef<HTMLDivElement>(null);
  const before = useRef(count);
  useEffect(() => {
    if (before.current > 0 && count > before.current) element.current?.scrollIntoView({ block: 'nearest' });
    before.current = count;
  }, [count]);
  return element;
}

function Thread({ thread: { answers, unanswered, error, retry } }: { thread: OpenThread }) {
  const newest = useInSight(answers?.length ?? 0);
  if (error) return <NotShown what="answer" error={error} retry={retry} />;
  if (!answers)
    return (
      <Center>
        <Loader />
      </Center>
    );
  return (
    <>
      {answers.map((answer, index) => (
        <div key={answer.answerId} ref={index === answers.length - 1 ? newest : undefined}>
          <AnswerCard answer={answer} />
        </div>
      ))}
      {unanswered
        .filter((question) => question.error)
        .map(({ answerId, question, error: failure }) => (
          <Failure key={answerId} error={new Error(`“${question}”: ${failure?.detail ?? ''}`)} />
        ))}
    </>
  );
}

function Progress({ pending }: { pending: Pending }) {
  return (
    <Stack>
      <Group role="status">
        <Loader size="sm" aria-hidden />
        <Text>{STAGES[pending.stage]}</Text>
      </Group>
      {pending.sentences.length > 0 && (
        <AnswerFrame question={pending.question} sentences={pending.sentences} />
      )}
    </Stack>
  );
}

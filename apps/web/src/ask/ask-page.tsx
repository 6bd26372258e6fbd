import { Answer } from '@belay/contracts';
import { Center, Group, Loader, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { useNavigate, useParams } from 'react-router';
import { call } from '../api';
import { Failure } from '../failure';
import { AnswerCard, AnswerFrame } from './answer-card';
import { Earlier } from './earlier';
import { QuestionForm } from './question-form';
import { type Pending, useAsk } from './use-ask';

const STAGES: Record<Pending['stage'], string> = {
  searching: 'Searching what you may read …',
  reading: 'Reading the best passages …',
  verifying: 'Verifying quotes …',
};

export function AskPage() {
  const { id } = useParams();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const onAnswer = useCallback(
    (answer: Answer) => {
      queries.setQueryData(['answer', answer.answerId], answer);
      void navigate(`/answers/${answer.answerId}`);
    },
    [navigate, queries],
  );
  const { pending, error, submit } = useAsk(onAnswer);
  return (
    <Stack maw={820} mx="auto" gap="lg">
      <QuestionForm
        busy={pending !== undefined}
        hints={id === undefined && !pending}
        onAsk={(question) => void submit(question)}
      />
      <div aria-live="polite" aria-busy={pending !== undefined}>
        {pending && <Progress pending={pending} />}
        {!pending && error && <Failure error={error} />}
        {!pending && !error && id && <Reopened id={id} />}
      </div>
      <Earlier current={id} />
    </Stack>
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

function Reopened({ id }: { id: string }) {
  const answer = useQuery({
    queryKey: ['answer', id],
    queryFn: () => call(Answer, 'GET', `answers/${encodeURIComponent(id)}`),
  });
  if (answer.error) return <Failure error={answer.error} retry={() => void answer.refetch()} />;
  if (answer.data) return <AnswerCard answer={answer.data} />;
  return (
    <Center>
      <Loader aria-label="Loading" />
    </Center>
  );
}

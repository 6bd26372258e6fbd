import { Answer, AnswerSummary } from '@belay/contracts';
import { Anchor, Button, Card, Center, Group, Loader, Stack, Text, Textarea, Title } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type KeyboardEvent, useRef, useState } from 'react';
import { Link, useNavigate, useParams } from 'react-router';
import { z } from 'zod';
import { ApiError, ask, call } from '../api';
import { Failure } from '../failure';
import { AnswerCard } from './answer-card';

const History = z.object({ answers: z.array(AnswerSummary) });
const STAGES = {
  searching: 'Searching what you may read …',
  reading: 'Reading the best passages …',
  verifying: 'Verifying quotes …',
};

export function AskPage() {
  const { id } = useParams();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const [stage, setStage] = useState<keyof typeof STAGES>();
  const [error, setError] = useState<unknown>();
  const answer = useQuery({
    queryKey: ['answer', id],
    queryFn: () => call(Answer, 'GET', `answers/${id}`),
    enabled: id !== undefined,
  });

  const submit = async (question: string) => {
    setError(undefined);
    setStage('searching');
    try {
      await ask(question, (event) => {
        if (event.event === 'stage') setStage(event.data.stage);
        if (event.event === 'error') setError(new ApiError(500, event.data.code, event.data.detail));
        if (event.event === 'answer') {
          queries.setQueryData(['answer', event.data.answerId], event.data);
          void navigate(`/answers/${event.data.answerId}`);
        }
      });
      await queries.invalidateQueries({ queryKey: ['answers'] });
    } catch (failure) {
      setError(failure);
    } finally {
      setStage(undefined);
    }
  };

  return (
    <Stack maw={820} mx="auto" gap="lg">
      <QuestionForm busy={stage !== undefined} onAsk={(question) => void submit(question)} />
      <div aria-live="polite">
        {stage && (
          <Group>
            <Loader size="sm" />
            <Text>{STAGES[stage]}</Text>
          </Group>
        )}
        {error !== undefined && <Failure error={error} />}
        {!stage && answer.error && <Failure error={answer.error} retry={() => void answer.refetch()} />}
        {!stage && id && answer.isPending && (
          <Center>
            <Loader />
          </Center>
        )}
        {!stage && answer.data && <AnswerCard answer={answer.data} />}
      </div>
      <Earlier current={id} />
    </Stack>
  );
}

function QuestionForm({ busy, onAsk }: { busy: boolean; onAsk: (question: string) => void }) {
  const [question, setQuestion] = useState('');
  const input = useRef<HTMLTextAreaElement>(null);
  useHotkeys([['/', () => input.current?.focus()]]);
  const submit = () => {
    if (question.trim() && !busy) onAsk(question.trim());
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey) return;
    event.preventDefault();
    submit();
  };
  return (
    <Stack gap="xs">
      <Title order={1} size="h2">
        Ask your company&apos;s documents
      </Title>
      <Textarea
        ref={input}
        aria-label="Question"
        placeholder="How many vacation days do employees get?"
        autosize
        minRows={2}
        maxLength={2000}
        size="md"
        value={question}
        onChange={(event) => setQuestion(event.currentTarget.value)}
        onKeyDown={onKey}
      />
      <Group justify="space-between">
        <Text size="sm" c="dimmed">
          Enter asks, Shift+Enter adds a line, / comes back here.
        </Text>
        <Button onClick={submit} loading={busy} disabled={!question.trim()}>
          Ask
        </Button>
      </Group>
    </Stack>
  );
}

function Earlier({ current }: { current: string | undefined }) {
  const history = useQuery({
    queryKey: ['answers'],
    queryFn: () => call(History, 'GET', 'answers?limit=20'),
  });
  const rows = (history.data?.answers ?? []).filter((row) => row.answerId !== current);
  if (rows.length === 0) return null;
  return (
    <section aria-label="Earlier questions">
      <Title order={2} size="h4" mb="xs">
        Earlier questions
      </Title>
      <Stack gap={6}>
        {rows.map((row) => (
          <Card key={row.answerId} withBorder p="xs">
            <Group justify="space-between" wrap="nowrap">
              <Anchor component={Link} to={`/answers/${row.answerId}`} lineClamp={1}>
                {row.question}
              </Anchor>
              <Text size="sm" c="dimmed">
                {row.outcome === 'answered' ? 'answered' : 'not found'}
              </Text>
            </Group>
          </Card>
        ))}
      </Stack>
    </section>
  );
}

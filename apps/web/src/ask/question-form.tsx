import { LONGEST_QUESTION, Suggestions } from '@belay/contracts';
import { Button, Group, Stack, Text, Textarea, Title } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type KeyboardEvent, useRef, useState } from 'react';
import { call } from '../api';

/** Where a question is written. Enter asks; "/" comes back here from anywhere on the page. */
export function QuestionForm({
  busy,
  hints,
  followUp,
  onAsk,
}: {
  busy: boolean;
  hints: boolean;
  /** Whether it continues a conversation. */
  followUp: boolean;
  onAsk: (question: string) => void;
}) {
  const [question, setQuestion] = useState('');
  const { length } = question.trim();
  // Said, not cut: what is asked for often stands at the end.
  const isTooLong = length > LONGEST_QUESTION;
  const input = useRef<HTMLTextAreaElement>(null);
  useHotkeys([['/', () => input.current?.focus()]]);
  const submit = () => {
    if (!length || isTooLong || busy) return;
    onAsk(question.trim());
    if (followUp) setQuestion('');
  };
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    submit();
  };
  const onKey = (event: KeyboardEvent) => {
    // While an input method is composing, Enter picks a candidate.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
    event.preventDefault();
    submit();
  };
  const pick = (example: string) => {
    setQuestion(example);
    onAsk(example);
  };
  return (
    <Stack component="form" gap="xs" onSubmit={onSubmit}>
      {!followUp && (
        <Title order={1} size="h2">
          Ask your company&apos;s documents
        </Title>
      )}
      <Textarea
        ref={input}
        aria-label="Question"
        placeholder={followUp ? 'Ask on, for example: and in Porto?' : 'What do you want to know?'}
        autosize
        minRows={followUp ? 1 : 2}
        maxRows={10}
        size="md"
        value={question}
        onChange={(event) => setQuestion(event.currentTarget.value)}
        onKeyDown={onKey}
        autoFocus={!followUp}
        error={
          isTooLong &&
          `A question has at most ${LONGEST_QUESTION} characters; this one has ${length}. Shorten it.`
        }
      />
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" c="dimmed" visibleFrom="xs">
          Enter asks, Shift+Enter adds a line, / comes back here.
        </Text>
        <Button
          type="submit"
          loading={busy}
          disabled={!length || isTooLong}
          ml="auto"
          style={{ flexShrink: 0 }}
        >
          Ask
        </Button>
      </Group>
      {hints && <Examples pick={pick} />}
    </Stack>
  );
}

function Examples({ pick }: { pick: (example: string) => void }) {
  const found = useQuery({
    queryKey: ['suggestions'],
    queryFn: () => call(Suggestions, 'GET', 'suggestions'),
    gcTime: 0,
  });
  const suggestions = found.data?.suggestions ?? [];
  if (suggestions.length === 0) return null;
  return (
    <Group gap="xs" role="group" aria-label="Example questions">
      <Text size="sm" c="dimmed">
        For example:
      </Text>
      {suggestions.map((example) => (
        <Button
          key={example}
          variant="default"
          size="compact-sm"
          fw={400}
          h="auto"
          py={2}
          styles={{ label: { whiteSpace: 'normal', textAlign: 'left', lineHeight: 1.4 } }}
          onClick={() => pick(example)}
        >
          {example}
        </Button>
      ))}
    </Group>
  );
}

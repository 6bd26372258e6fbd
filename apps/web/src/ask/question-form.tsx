import { Button, Group, Stack, Text, Textarea, Title } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { type FormEvent, type KeyboardEvent, useRef, useState } from 'react';

const EXAMPLES = [
  'How many vacation days do employees get per year?',
  'How many unused vacation days can I carry over to next year?',
  'How is error NSI-E4417 cleared?',
];

/** Where a question is written. Enter asks; "/" comes back here from anywhere on the page. */
export function QuestionForm({
  busy,
  hints,
  onAsk,
}: {
  busy: boolean;
  hints: boolean;
  onAsk: (question: string) => void;
}) {
  const [question, setQuestion] = useState('');
  const input = useRef<HTMLTextAreaElement>(null);
  useHotkeys([['/', () => input.current?.focus()]]);
  const submit = () => {
    if (question.trim() && !busy) onAsk(question.trim());
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
    input.current?.focus();
  };
  return (
    <Stack component="form" gap="xs" onSubmit={onSubmit}>
      <Title order={1} size="h2">
        Ask your company&apos;s documents
      </Title>
      <Textarea
        ref={input}
        aria-label="Question"
        placeholder="What do you want to know?"
        autosize
        minRows={2}
        maxRows={10}
        maxLength={2000}
        size="md"
        value={question}
        onChange={(event) => setQuestion(event.currentTarget.value)}
        onKeyDown={onKey}
        autoFocus
      />
      <Group justify="space-between" wrap="nowrap">
        <Text size="sm" c="dimmed">
          Enter asks, Shift+Enter adds a line, / comes back here.
        </Text>
        <Button type="submit" loading={busy} disabled={!question.trim()} style={{ flexShrink: 0 }}>
          Ask
        </Button>
      </Group>
      {hints && <Examples pick={pick} />}
    </Stack>
  );
}

function Examples({ pick }: { pick: (example: string) => void }) {
  return (
    <Group gap="xs" role="group" aria-label="Example questions">
      <Text size="sm" c="dimmed">
        For example:
      </Text>
      {EXAMPLES.map((example) => (
        <Button
          key={example}
          variant="default"
          size="compact-sm"
          fw={400}
          h="auto"
          py={2}
          styles={{ label: { whiteSpace: 'normal', textAlign: 'left' } }}
          onClick={() => pick(example)}
        >
          {example}
        </Button>
      ))}
    </Group>
  );
}

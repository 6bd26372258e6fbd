import { type Answer, Feedback } from '@belay/contracts';
import { ActionIcon, Button, Checkbox, Group, Stack, Text, Textarea } from '@mantine/core';
import { IconThumbDown, IconThumbUp } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call, tell } from '../api';
import { notifyFailure } from '../notify';

/** Whether an answer was useful, and why if the person likes to say so. It stays theirs unless they share it. */
export function RateAnswer({ answer }: { answer: Answer }) {
  const [given, setGiven] = useState(answer.feedback);
  const [open, setOpen] = useState(false);
  const path = `answers/${encodeURIComponent(answer.answerId)}/feedback`;
  const rate = useMutation({
    mutationFn: async (feedback: Feedback | null) => {
      if (feedback) return call(Feedback, 'PUT', path, feedback);
      await tell('DELETE', path);
      return null;
    },
    onSuccess: setGiven,
    onError: notifyFailure,
  });
  const choose = (useful: boolean) => {
    const again = given?.useful === useful;
    setOpen(!again);
    rate.mutate(again ? null : { useful, reason: given?.reason ?? null, shared: given?.shared ?? false });
  };
  const mark = (useful: boolean) => ({
    variant: given?.useful === useful ? 'filled' : 'subtle',
    'aria-pressed': given?.useful === useful,
    onClick: () => choose(useful),
  });
  return (
    <section aria-label="Feedback">
      <Group gap="xs">
        <Text size="sm" c="dimmed">
          Was this useful?
        </Text>
        <ActionIcon {...mark(true)} aria-label="Useful">
          <IconThumbUp size={16} aria-hidden />
        </ActionIcon>
        <ActionIcon {...mark(false)} aria-label="Not useful">
          <IconThumbDown size={16} aria-hidden />
        </ActionIcon>
      </Group>
      {open && given && (
        <Why
          given={given}
          busy={rate.isPending}
          save={(feedback) => {
            rate.mutate(feedback);
            setOpen(false);
          }}
        />
      )}
    </section>
  );
}

function Why({ given, busy, save }: { given: Feedback; busy: boolean; save: (feedback: Feedback) => void }) {
  const [reason, setReason] = useState(given.reason ?? '');
  const [shared, setShared] = useState(given.shared);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    save({ useful: given.useful, reason: reason.trim() || null, shared });
  };
  return (
    <Stack component="form" gap="xs" mt="xs" onSubmit={onSubmit}>
      <Textarea
        label="Why, if you like"
        maxLength={1000}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      <Checkbox
        label="Let administrators see this question and why"
        checked={shared}
        onChange={(event) => setShared(event.currentTarget.checked)}
      />
      <Group>
        <Button type="submit" size="compact-sm" loading={busy}>
          Save
        </Button>
      </Group>
    </Stack>
  );
}

import { type AskedSlot, Run, type UsablePlaybook } from '@belay/contracts';
import { Button, Card, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useNavigate } from 'react-router';
import { call } from '../api';
import { Failure } from '../failure';
import { type Answer, AnswerField } from './answer-field';

type Values = Readonly<Record<string, Answer | undefined>>;

/** What a playbook needs to know: what the person said stands there, what is missing is asked. Nothing happens yet. */
export function FillPlaybook({ playbook, values }: { playbook: UsablePlaybook; values: Values }) {
  const navigate = useNavigate();
  const [filled, setFilled] = useState<Values>(() => ({
    ...Object.fromEntries(playbook.slots.map((slot) => [slot.name, slot.default ?? undefined])),
    ...values,
  }));
  const plan = useMutation({
    mutationFn: () => call(Run, 'POST', 'runs', { playbook: playbook.playbook, slots: filled }),
    onSuccess: (run) => navigate(`/actions/${run.id}`),
  });
  const isMissing = (slot: AskedSlot): boolean => slot.default === null && filled[slot.name] === undefined;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    plan.mutate();
  };
  return (
    <Card withBorder component="section" aria-label={playbook.title}>
      <Title order={2} size="h4">
        {playbook.title}
      </Title>
      <Text size="sm">{playbook.description}</Text>
      <form onSubmit={submit}>
        <Stack gap="xs" mt="sm" maw={520}>
          {playbook.slots.map((slot) => (
            <AnswerField
              key={slot.name}
              label={slot.question}
              type={slot.type}
              choices={slot.choices}
              required={slot.default === null}
              value={filled[slot.name]}
              change={(value) => setFilled({ ...filled, [slot.name]: value })}
            />
          ))}
          {plan.error && <Failure error={plan.error} />}
          <Button
            type="submit"
            style={{ alignSelf: 'start' }}
            loading={plan.isPending}
            disabled={playbook.slots.some(isMissing)}
          >
            See what will happen
          </Button>
          <Text size="sm" c="dimmed">
            Nothing happens before you have seen it and started it.
          </Text>
        </Stack>
      </form>
    </Card>
  );
}

import type { RunStep } from '@belay/contracts';
import { Button, Stack } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { type Answer, AnswerField } from './answer-field';

/** Answers a question of a run, by the kind of answer that it takes. */
export function AnswerForm({ step, give }: { step: RunStep; give: (value: Answer) => void }) {
  const [value, setValue] = useState<Answer>();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (value !== undefined) give(value);
  };
  return (
    <form onSubmit={submit} aria-label={`Answer: ${step.title}`}>
      <Stack gap="xs" mt="xs" maw={480}>
        <AnswerField
          label={step.title}
          type={step.asks ?? 'text'}
          choices={step.choices}
          value={value}
          change={setValue}
        />
        <Button type="submit" style={{ alignSelf: 'start' }} disabled={value === undefined}>
          Answer
        </Button>
      </Stack>
    </form>
  );
}

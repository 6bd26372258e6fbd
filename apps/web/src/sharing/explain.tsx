import { Explanation, sayExplanation, sayStep } from '@belay/contracts';
import { Badge, Button, Group, List, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call } from '../api';
import { Failure } from '../failure';

/** Why one person may or may not read a document, step by step. */
export function Explain({ document }: { document: string }) {
  const [person, setPerson] = useState('');
  const explain = useMutation({
    mutationFn: () =>
      call(
        Explanation,
        'GET',
        `explain?person=${encodeURIComponent(person.trim())}&document=${encodeURIComponent(document)}`,
      ),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    explain.mutate();
  };
  return (
    <section aria-label="Explain for a person">
      <Title order={2} size="h5" mb="xs">
        Explain for a person
      </Title>
      <Group component="form" align="end" onSubmit={submit}>
        <TextInput
          label="Short name"
          placeholder="employee"
          value={person}
          onChange={(event) => setPerson(event.currentTarget.value)}
          required
        />
        <Button type="submit" variant="light" loading={explain.isPending}>
          Explain
        </Button>
      </Group>
      <div aria-live="polite">
        {explain.error && <Failure error={explain.error} />}
        {explain.data && <Explained explanation={explain.data} />}
      </div>
    </section>
  );
}

function Explained({ explanation }: { explanation: Explanation }) {
  return (
    <Stack gap="xs" mt="xs">
      <Text>{sayExplanation(explanation, 'this document')}</Text>
      <List size="sm">
        {explanation.steps.map((step, index) => (
          <List.Item key={index}>
            <Badge color={step.effect === 'allow' ? 'teal' : 'red'} variant="light" mr="xs">
              {step.effect}
            </Badge>
            {sayStep(step)}
          </List.Item>
        ))}
      </List>
    </Stack>
  );
}

import { RunState } from '@belay/contracts';
import { Button, Group, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { useSearchParams } from 'react-router';
import { RUN_STATES } from '../shown/words';
import { RunList } from './run-list';

const FIELDS = ['state', 'person', 'contract', 'peer'] as const;
const TEXTS = [
  ['person', 'Person', 'short name'],
  ['contract', 'Contract', 'NAME@VERSION'],
  ['peer', 'Server', 'its id'],
] as const;
const STATES = [
  { value: '', label: 'any' },
  ...RunState.options.map((state) => ({ value: state, label: RUN_STATES[state].label })),
];

/** The outlines of everybody's runs, for whoever oversees tools. */
export function AllRunsPage() {
  const [params, setParams] = useSearchParams();
  const filter = new URLSearchParams(
    FIELDS.flatMap((name) => (params.get(name) ? [[name, params.get(name) ?? '']] : [])),
  );
  return (
    <Stack maw={860}>
      <Title order={1} size="h2">
        Everybody’s actions
      </Title>
      <Filters key={filter.toString()} filter={filter} search={setParams} />
      <Text size="sm" c="dimmed">
        Of others you see that it happened, when, with which tools and how it ended. What it was called with
        and what came back belongs to who asked for it.
      </Text>
      <RunList query={filter} none="No action fits that." isEverybodys />
    </Stack>
  );
}

function Filters({ filter, search }: { filter: URLSearchParams; search: (next: URLSearchParams) => void }) {
  const [values, setValues] = useState<Record<string, string>>(Object.fromEntries(filter));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const given = Object.entries(values).map(([name, value]) => [name, value.trim()]);
    search(new URLSearchParams(given.filter(([, value]) => value !== '')));
  };
  return (
    <Group component="form" role="search" onSubmit={submit} align="end" gap="xs">
      <NativeSelect
        label="State"
        data={STATES}
        value={values['state'] ?? ''}
        onChange={(event) => setValues({ ...values, state: event.currentTarget.value })}
      />
      {TEXTS.map(([name, label, hint]) => (
        <TextInput
          key={name}
          label={label}
          placeholder={hint}
          value={values[name] ?? ''}
          onChange={(event) => setValues({ ...values, [name]: event.currentTarget.value })}
        />
      ))}
      <Button type="submit">Search</Button>
      {filter.size > 0 && (
        <Button variant="subtle" onClick={() => search(new URLSearchParams())}>
          Clear
        </Button>
      )}
    </Group>
  );
}

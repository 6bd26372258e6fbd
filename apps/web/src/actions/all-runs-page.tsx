import { RunState } from '@belay/contracts';
import { Stack, Text, Title } from '@mantine/core';
import { type FilterField, FilterForm, useFilter } from '../filter-form';
import { RUN_STATES } from '../shown/words';
import { RunList } from './run-list';

const FIELDS: readonly FilterField[] = [
  {
    name: 'state',
    label: 'State',
    choices: RunState.options.map((state) => ({ value: state, label: RUN_STATES[state].label })),
  },
  { name: 'person', label: 'Person', hint: 'short name' },
  { name: 'contract', label: 'Contract', hint: 'NAME@VERSION' },
  { name: 'peer', label: 'Server', hint: 'its id' },
];

/** The outlines of everybody's runs, for whoever oversees tools. */
export function AllRunsPage() {
  return (
    <Stack maw={860}>
      <Title order={1} size="h2">
        Everybody’s actions
      </Title>
      <FilterForm fields={FIELDS} />
      <Text size="sm" c="dimmed">
        Of others you see that it happened, when, with which tools and how it ended. What it was called with
        and what came back belongs to who asked for it.
      </Text>
      <RunList query={useFilter(FIELDS)} none="No action fits that." isEverybodys />
    </Stack>
  );
}

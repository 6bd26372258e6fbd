import { Stack, Text, Title } from '@mantine/core';
import { KillSwitch } from './kill-switch';
import { UsageTable } from './usage-table';

/** What stops agents, and what bounds them, for administrators. */
export function ControlsPage() {
  return (
    <Stack maw={860}>
      <Title order={1} size="h2">
        Limits and stop
      </Title>
      <KillSwitch />
      <Title order={2} size="h3" mt="md">
        Limits and budgets
      </Title>
      <Text size="sm">
        Each contract states its own; another version of it changes them. Days begin at midnight UTC.
      </Text>
      <UsageTable />
    </Stack>
  );
}

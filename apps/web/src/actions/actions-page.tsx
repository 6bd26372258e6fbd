import { Stack, Title } from '@mantine/core';
import { RunList } from './run-list';
import { SayWhat } from './say-what';

const MINE = new URLSearchParams({ mine: '1' });

/** What a person can have done, and what they had done. */
export function ActionsPage() {
  return (
    <Stack maw={860}>
      <Title order={1} size="h2">
        Actions
      </Title>
      <SayWhat />
      <section aria-label="Your actions">
        <Title order={2} size="h3" mb="xs">
          Your actions
        </Title>
        <RunList query={MINE} none="You have had nothing done yet." />
      </section>
    </Stack>
  );
}

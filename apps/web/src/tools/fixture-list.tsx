import type { FixtureResult } from '@belay/contracts';
import { Text } from '@mantine/core';
import { StateBadge } from '../shown/state-badge';

/** Recorded calls that a playbook was tried on, and whether they lead to the steps that they must. */
export function FixtureList({ fixtures }: { fixtures: readonly FixtureResult[] }) {
  if (fixtures.length === 0) return null;
  return (
    <section aria-label="Fixtures">
      {fixtures.map(({ name, problem }) => (
        <Text size="sm" key={name} style={{ overflowWrap: 'anywhere' }}>
          <StateBadge
            word={
              problem === null ? { label: 'as recorded', color: 'teal' } : { label: 'differs', color: 'red' }
            }
          />{' '}
          {name} {problem}
        </Text>
      ))}
    </section>
  );
}

import type { Run, RunStep } from '@belay/contracts';
import { Alert, Text, Title } from '@mantine/core';
import { sayUndone, undoneSteps } from './run-words';

/** What became of each effect that was to be taken back; it is never said to be gone unless a read confirmed it. */
export function UndoReport({ run }: { run: Run }) {
  const steps = undoneSteps(run);
  if (steps.length === 0) return null;
  return (
    <section aria-label="Report">
      <Title order={2} size="h3" mb="xs">
        What was taken back
      </Title>
      {steps.map((step) => (
        <Alert key={step.id} color={colourOf(step)} mb="xs" title={step.title}>
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {sayUndone(step)}
          </Text>
        </Alert>
      ))}
    </section>
  );
}

function colourOf({ state, verified }: RunStep): string {
  if (state !== 'compensated' || verified === false) return 'red';
  return verified === true ? 'teal' : 'yellow';
}

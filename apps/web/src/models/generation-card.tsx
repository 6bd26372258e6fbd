import type { Generation } from '@belay/contracts';
import { Alert, Badge, Button, Card, Group, Progress, Text, Title } from '@mantine/core';
import { useState } from 'react';
import { Confirm, type Step } from './confirm';

const STATES = {
  active: { label: 'searched now', color: 'teal' },
  building: { label: 'being built', color: 'blue' },
  built: { label: 'built, waits for you', color: 'blue' },
  standby: { label: 'stands by', color: 'gray' },
} as const;

/** One generation: how far it is, what was measured, and what can be done with it. */
export function GenerationCard({
  generation,
  isBusy,
  change,
}: {
  generation: Generation;
  isBusy: boolean;
  change: (method: string, path: string, body?: object) => void;
}) {
  const [asked, setAsked] = useState<Step>();
  const { id, model, state, dimension, filled, total, problem } = generation;
  const shown = STATES[state === 'building' && filled >= total && generation.figures ? 'built' : state];
  const go = (step: Step): void => {
    setAsked(undefined);
    if (step === 'drop') change('DELETE', `/${id}`);
    else change('POST', `/${id}/switch`, { force: step === 'force' });
  };
  return (
    <Card withBorder component="article" aria-label={`Generation ${id}`}>
      <Group justify="space-between">
        <Title order={2} size="h4" style={{ overflowWrap: 'anywhere' }}>
          {model}
        </Title>
        <Badge variant="light" tt="none" color={shown.color}>
          {shown.label}
        </Badge>
      </Group>
      <Text size="sm" c="dimmed">
        Generation {id}, {dimension} dimensions
      </Text>
      <Text size="sm" mt="xs" aria-live={state === 'building' ? 'polite' : undefined}>
        {filled.toLocaleString('en')} of {total.toLocaleString('en')} passages have a vector
      </Text>
      {filled < total && (
        <Progress
          value={(100 * filled) / total}
          aria-label={`Passages of generation ${id} that have a vector`}
          mt={4}
        />
      )}
      <Figures generation={generation} />
      {problem !== null && (
        <Alert color="red" title="This model does not run" mt="sm">
          {problem}
        </Alert>
      )}
      {state !== 'active' && <Actions generation={generation} isBusy={isBusy} ask={setAsked} />}
      {asked && <Confirm step={asked} generation={generation} close={() => setAsked(undefined)} go={go} />}
    </Card>
  );
}

function Figures({ generation: { figures, margin, passed, state, gate } }: { generation: Generation }) {
  if (!figures) {
    if (state !== 'building') return null;
    return (
      <Text size="sm">
        {gate === 'dataset'
          ? 'Measured by whoever started it, on an evaluation set.'
          : 'Measured when it is complete.'}
      </Text>
    );
  }
  const on = figures.measuredOn === 'known-items' ? 'sentences of indexed passages' : figures.measuredOn;
  return (
    <Text size="sm">
      Finds {figures.candidate.toFixed(3)} where the model before it found {figures.active.toFixed(3)}{' '}
      (nDCG@10 of {figures.queries} queries: {on}; margin {margin}).{' '}
      {passed ? 'Passed.' : 'Not passed: nothing was changed.'}
    </Text>
  );
}

function Actions({
  generation: { id, model, state, passed, filled, total, problem },
  isBusy,
  ask,
}: {
  generation: Generation;
  isBusy: boolean;
  ask: (step: Step) => void;
}) {
  const isComplete = filled >= total && problem === null;
  const label =
    state === 'standby' ? 'Return to it' : passed === false ? 'Change over anyway' : 'Change over';
  const step = state === 'building' && !passed ? 'force' : 'switch';
  return (
    <Group mt="sm">
      <Button
        size="compact-md"
        variant="light"
        disabled={!isComplete}
        loading={isBusy}
        aria-label={`${label}: ${model}, generation ${id}`}
        onClick={() => ask(step)}
      >
        {label}
      </Button>
      <Button
        size="compact-md"
        variant="subtle"
        color="red"
        loading={isBusy}
        aria-label={`Drop ${model}, generation ${id}`}
        onClick={() => ask('drop')}
      >
        Drop
      </Button>
    </Group>
  );
}

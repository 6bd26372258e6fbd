import { type RunStep, sayWayBack } from '@belay/contracts';
import { Badge, Card, Group, Text } from '@mantine/core';
import { ArgumentTable } from '../shown/argument-table';
import { JsonValue } from '../shown/json-value';
import { touches } from '../shown/leaves';
import { Plain } from '../shown/plain';
import { StateBadge } from '../shown/state-badge';
import { effectWord, STEP_STATES } from '../shown/words';
import { AnswerForm } from './answer-form';

/** One step of a run: what it is called with, how it stands, and what came of it. */
export function StepCard({
  step,
  answer,
}: {
  step: RunStep;
  answer: ((value: string | number | boolean) => void) | undefined;
}) {
  const isQuestion = step.contract === null;
  return (
    <Card withBorder p="sm" component="li" aria-label={step.title}>
      <Group gap="xs">
        <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
          <Plain text={step.title} />
        </Text>
        <StateBadge word={STEP_STATES[step.state]} />
        {step.effect && step.effect !== 'read' && <StateBadge word={effectWord(step.effect, step.wayBack)} />}
      </Group>
      {step.contract && (
        <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {step.id}: {step.contract}
        </Text>
      )}
      {step.reason && (
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          <Plain text={step.reason} />
        </Text>
      )}
      {step.denial && (
        <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
          Why: <Plain text={step.denial} />
        </Text>
      )}
      {!isQuestion && <Values step={step} />}
      {isQuestion && step.state === 'asking' && answer && <AnswerForm step={step} give={answer} />}
      {isQuestion && step.result !== null && <Text size="sm">Answered: {sayAnswer(step.result)}</Text>}
    </Card>
  );
}

function Values({ step }: { step: RunStep }) {
  if (step.arguments === null)
    return (
      <Text size="sm" c="dimmed">
        What it is called with belongs to who asked for it.
      </Text>
    );
  // What waits for an approval stands above, as it is decided.
  if (step.state === 'awaiting-approval') return null;
  return (
    <>
      <ArgumentTable
        value={step.arguments}
        note={(at) =>
          step.tainted.some((place) => touches(place, at)) && (
            <Badge variant="light" color="red" tt="none" miw="fit-content">
              from text that nobody of us wrote
            </Badge>
          )
        }
      />
      {step.effect !== 'read' && (
        <Text size="sm">
          {step.blast && `It touches ${step.blast.resource}: ${step.blast.items}. `}
          {sayWayBack(step)}
        </Text>
      )}
      {step.result !== null && step.result !== undefined && (
        <details className="more">
          <summary>What came back</summary>
          <JsonValue value={step.result} label={`Result of ${step.title}`} />
        </details>
      )}
    </>
  );
}

function sayAnswer(answer: unknown): string {
  if (typeof answer === 'boolean') return answer ? 'yes' : 'no';
  return String(answer);
}

import { type PreviewStep, sayLoop } from '@belay/contracts';
import { Alert, Card, Group, Stack, Text } from '@mantine/core';
import { ArgumentTable } from '../shown/argument-table';
import { JsonValue } from '../shown/json-value';
import { Plain } from '../shown/plain';
import { StateBadge } from '../shown/state-badge';
import { EFFECTS } from '../shown/words';

const APPROVALS: Record<PreviewStep['approval'], string> = {
  always: 'Somebody has to allow it before it happens.',
  perhaps: 'Somebody may have to allow it, depending on what is found before.',
  never: '',
};

/**
 * Calls that have not happened: what each would do, with what, what it touches, its way back, and who must allow it.
 * They are some of those of `plan`.
 */
export function PreviewList({
  preview,
  plan = preview,
  label,
}: {
  preview: readonly PreviewStep[];
  plan?: readonly PreviewStep[] | undefined;
  label: string;
}) {
  return (
    <Stack component="ol" gap="sm" className="steps" aria-label={label}>
      {preview.map((step) => (
        <Card withBorder p="sm" component="li" key={step.id} aria-label={step.title}>
          <Group gap="xs">
            <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
              <Plain text={step.title} />
            </Text>
            {step.effect && <StateBadge word={EFFECTS[step.effect]} />}
          </Group>
          <Text size="sm" c="dimmed">
            {step.contract === null && 'You are asked. '}
            <Plain text={sayWithin(step, plan)} />
          </Text>
          {step.contract !== null && <ArgumentTable value={step.arguments} planned={{ ...step, plan }} />}
          <Text size="sm">{sayStep(step)}</Text>
          {step.dryRun !== null && (
            <>
              <Text size="sm" mt="xs">
                Asked without effect, the server says:
              </Text>
              <JsonValue value={step.dryRun} label={`Dry run of ${step.title}`} />
            </>
          )}
          {step.problem && (
            <Alert color="red" mt="xs">
              {step.problem}
            </Alert>
          )}
        </Card>
      ))}
    </Stack>
  );
}

function sayWithin({ within, loops }: PreviewStep, plan: readonly PreviewStep[]): string {
  if (!within) return '';
  if (within.kind === 'if') return 'Perhaps left out.';
  const each = sayLoop({ loops, plan });
  return each === undefined
    ? `Repeated, at most ${within.most} times.`
    : `Once for ${each}, at most ${within.most} times.`;
}

function sayStep({ effect, blast, wayBack, cost, approval }: PreviewStep): string {
  if (effect === null) return '';
  if (effect === 'read') return `It changes nothing. It costs ${cost}. ${APPROVALS[approval]}`.trim();
  const touches = blast ? `It touches ${blast.resource}, at most ${blast.items}. ` : '';
  const back = wayBack === null ? 'It cannot be taken back. ' : `Way back: ${wayBack}. `;
  return `${touches}${back}It costs ${cost}. ${APPROVALS[approval]}`.trim();
}

import { type PreviewStep, sayLoop } from '@belay/contracts';
import { Alert, Card, Group, Stack, Text } from '@mantine/core';
import { ArgumentTable } from '../shown/argument-table';
import { JsonValue } from '../shown/json-value';
import { Plain } from '../shown/plain';
import { StateBadge } from '../shown/state-badge';
import { effectWord } from '../shown/words';

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
            {step.effect && <StateBadge word={effectWord(step.effect, step.wayBack)} />}
          </Group>
          <Text size="sm" c="dimmed">
            {step.contract === null && 'You are asked. '}
            <Plain text={sayWithin(step, plan)} />
          </Text>
          {step.contract !== null && <Calls step={step} plan={plan} />}
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

/** What a call is made with; of one that is repeated over what is known, each time, and how many more there are. */
function Calls({ step, plan }: { step: PreviewStep; plan: readonly PreviewStep[] }) {
  const planned = { ...step, plan };
  const { rounds, within } = step;
  if (rounds.length === 0) return <ArgumentTable value={step.arguments} planned={planned} />;
  const more = (within?.most ?? 0) - rounds.length;
  return (
    <Stack gap={4}>
      {rounds.map((round, at) => (
        <ArgumentTable key={at} value={round} planned={planned} />
      ))}
      {more > 0 && <Text size="sm">and {more} more</Text>}
    </Stack>
  );
}

function sayWithin({ within, loops, rounds }: PreviewStep, plan: readonly PreviewStep[]): string {
  if (!within) return '';
  if (within.kind === 'if') return 'Perhaps left out.';
  const each = sayLoop({ loops, plan });
  // What it goes over is known: so is how often.
  if (rounds.length > 0 && each !== undefined) return `Once for ${each}: ${within.most} times.`;
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

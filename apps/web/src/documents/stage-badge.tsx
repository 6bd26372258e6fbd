import type { Stage } from '@belay/contracts';
import { Badge } from '@mantine/core';

const WORDS: Readonly<Record<Stage, { label: string; color: string }>> = {
  parse: { label: 'being read', color: 'blue' },
  chunk: { label: 'being read', color: 'blue' },
  embed: { label: 'being indexed', color: 'blue' },
  index: { label: 'being indexed', color: 'blue' },
  ready: { label: 'ready', color: 'teal' },
  failed: { label: 'failed', color: 'red' },
};

/** How far a document is, in a word. */
export function StageBadge({ stage }: { stage: Stage }) {
  return (
    <Badge variant="light" tt="none" color={WORDS[stage].color} miw="fit-content">
      {WORDS[stage].label}
    </Badge>
  );
}

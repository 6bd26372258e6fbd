import type { ContractDetail, DefinitionChange } from '@belay/contracts';
import { Card, Stack, Text, Title } from '@mantine/core';
import { Plain } from '../shown/plain';
import { When } from '../shown/when';

/** What a server was found to say instead of what its contract pins, newest first. */
export function DriftHistory({ drift }: { drift: ContractDetail['drift'] }) {
  if (drift.length === 0) return null;
  return (
    <section aria-label="Drift">
      <Title order={2} size="h3" mb="xs">
        What its server changed
      </Title>
      <Stack gap="xs">
        {drift.map(({ at, changes }) => (
          <Card withBorder p="sm" key={at}>
            <Text size="sm" c="dimmed">
              Found <When at={at} />
            </Text>
            <Changes changes={changes} />
          </Card>
        ))}
      </Stack>
    </section>
  );
}

/** Differences of a definition; what is not seen of them is written out and marked. */
export function Changes({ changes }: { changes: readonly DefinitionChange[] }) {
  return (
    <dl>
      {changes.map(({ at, was, is }, index) => (
        <div key={index}>
          <Text component="dt" size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
            <Plain text={at || 'the whole definition'} />
          </Text>
          <Side word="was" text={was} />
          <Side word="is" text={is} />
        </div>
      ))}
    </dl>
  );
}

// The server has written characters out already, so they are marked by their form here.
const NAMED = /(⟨U\+[0-9A-F]{4,6}(?: "[^⟩]+")?⟩)/u;

function Side({ word, text }: { word: 'was' | 'is'; text: string | null }) {
  return (
    <Text component="dd" size="sm" m={0} className="exact">
      {word === 'was' ? 'was: ' : 'is now: '}
      {text === null ? (
        <em>not there</em>
      ) : (
        text.split(NAMED).map((part, at) =>
          at % 2 === 1 ? (
            <mark key={at} className="unseen">
              {part}
            </mark>
          ) : (
            <bdi key={at}>{part}</bdi>
          ),
        )
      )}
    </Text>
  );
}

import { type PlannedPlace, Reference, sayPlaces, sayReference } from '@belay/contracts';
import { Badge, Code, Group, Table, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { leavesOf } from './leaves';
import { Plain } from './plain';

const LONG = 400;

/**
 * Every argument of a call, exactly, each with what `note` has to say about its place. Of a call that is planned at a
 * place, what is not known yet is said in words; in a call that is made, nothing stands for anything else.
 */
export function ArgumentTable({
  value,
  note,
  planned,
}: {
  value: unknown;
  note?: (at: string) => ReactNode;
  planned?: PlannedPlace | undefined;
}) {
  const leaves = leavesOf(value, (part) => planned !== undefined && Reference.safeParse(part).success);
  if (leaves.length === 1 && leaves[0]?.at === '')
    return (
      <Text size="sm" c="dimmed">
        It takes no arguments.
      </Text>
    );
  const names = sayPlaces(leaves);
  return (
    <Table className="stacked" aria-label="Arguments" verticalSpacing={4}>
      <Table.Tbody>
        {leaves.map(({ at, value: leaf }) => (
          <Table.Tr key={at}>
            <Table.Th scope="row" w={160} style={{ overflowWrap: 'anywhere' }} title={at.slice(1)}>
              <Plain text={names.get(at) ?? at.slice(1)} />
            </Table.Th>
            <Table.Td>
              <Group gap="xs" align="start">
                <Exact value={leaf} planned={planned} />
                {note?.(at)}
              </Group>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Exact({ value, planned }: { value: unknown; planned: PlannedPlace | undefined }) {
  const reference = planned && Reference.safeParse(value).data;
  if (reference)
    return (
      <Text size="sm" fs="italic" style={{ overflowWrap: 'anywhere' }}>
        <Plain text={sayReference(reference, planned)} />
      </Text>
    );
  if (typeof value !== 'string') return <Code>{JSON.stringify(value)}</Code>;
  if (value === '')
    return (
      <Badge variant="default" tt="none">
        empty text
      </Badge>
    );
  return (
    <Text size="sm" component="div" className="exact argument" tabIndex={value.length > LONG ? 0 : undefined}>
      <Plain text={value} />
    </Text>
  );
}

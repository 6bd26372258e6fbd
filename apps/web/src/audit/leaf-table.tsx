import { type AuditLeaf, InclusionProof, sayMoment } from '@belay/contracts';
import { Anchor, Badge, Button, Modal, Stack, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { call } from '../api';
import { sayCollection, useCollections } from '../collections/use-collections';
import { Failure } from '../failure';
import { JsonValue } from '../shown/json-value';
import { sayResource } from './say-resource';

/** Leaves, newest first; each opens with its header, what may be shown of its payload, and a proof. */
export function LeafTable({ rows }: { rows: AuditLeaf[] }) {
  const [opened, setOpened] = useState<AuditLeaf>();
  const names = new Map(
    useCollections().data?.collections.map(({ id, name, owner }) => [id, sayCollection(name, owner)]),
  );
  return (
    <>
      <Table verticalSpacing={6} className="stacked flowing">
        <Table.Thead visibleFrom="sm">
          <Table.Tr>
            <Table.Th>When</Table.Th>
            <Table.Th>What</Table.Th>
            <Table.Th>Who</Table.Th>
            <Table.Th>On what</Table.Th>
            <Table.Th>Leaf</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.leafId}>
              <Table.Td>
                <time dateTime={row.time}>{sayMoment(row.time)}</time>
              </Table.Td>
              <Table.Td>
                <Badge variant="light" tt="none" miw="fit-content">
                  {row.type}
                </Badge>
              </Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{row.actor ?? 'the system'}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>
                {row.resource !== null && <Resource type={row.type} resource={row.resource} names={names} />}
              </Table.Td>
              <Table.Td>
                <Button
                  variant="subtle"
                  size="compact-sm"
                  aria-label={`Open leaf ${row.sequence ?? row.leafId}`}
                  onClick={() => setOpened(row)}
                >
                  {row.sequence ?? 'waiting'}
                </Button>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {opened && <LeafDialog leaf={opened} close={() => setOpened(undefined)} />}
    </>
  );
}

function Resource({
  type,
  resource,
  names,
}: {
  type: string;
  resource: string;
  names: ReadonlyMap<string, string>;
}) {
  const { text, page } = sayResource(type, resource, names);
  if (page === undefined)
    return (
      <Text size="sm" c="dimmed" title={resource}>
        {text}
      </Text>
    );
  return (
    <Anchor component={Link} to={page} size="sm" title={resource}>
      {text}
    </Anchor>
  );
}

const PAYLOADS = {
  withheld: 'There is one. It belongs to the person, so it is not shown.',
  erased: 'It was erased. The header keeps its commitment.',
};

function LeafDialog({ leaf, close }: { leaf: AuditLeaf; close: () => void }) {
  const [proving, setProving] = useState(false);
  const proof = useQuery({
    queryKey: ['proof', leaf.leafId],
    queryFn: () => call(InclusionProof, 'GET', `audit/leaves/${leaf.leafId}/proof`),
    enabled: proving,
    retry: false,
  });
  const { payload } = leaf;
  return (
    <Modal opened onClose={close} title={`Leaf ${leaf.sequence ?? ''}`} size="lg">
      <Stack gap="xs">
        <Text fw={600}>Header</Text>
        <JsonValue value={JSON.parse(leaf.header) as unknown} />
        <Text fw={600}>Payload</Text>
        {payload.state === 'shown' ? (
          <JsonValue value={payload.value} />
        ) : (
          <Text c="dimmed">{PAYLOADS[payload.state]}</Text>
        )}
        {!proof.data && (
          <Button
            variant="light"
            loading={proof.isFetching}
            onClick={() => (proving ? void proof.refetch() : setProving(true))}
          >
            Prove that it is in the tree
          </Button>
        )}
        {proof.error && <Failure error={proof.error} />}
        {proof.data && (
          <section aria-label="Proof">
            <Text>
              Leaf {proof.data.sequence} of {proof.data.treeSize}: {proof.data.path.length} hashes lead to the
              root of the signed checkpoint.
            </Text>
            <JsonValue value={proof.data} />
          </section>
        )}
      </Stack>
    </Modal>
  );
}

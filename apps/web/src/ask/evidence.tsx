import { AnswerRecord, Replay, sayConfidence } from '@belay/contracts';
import { Alert, Button, Group, Loader, Stack, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconAlertTriangle, IconCheck, IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { call } from '../api';
import { Failure } from '../failure';

const shortened = (digest: string): string => digest.slice(0, 12);

/** What an answer was made from and by, on demand, and whether it comes out the same when it is made again. */
export function Evidence({ answerId }: { answerId: string }) {
  const [opened, { toggle }] = useDisclosure(false);
  return (
    <section aria-label="Evidence">
      <Button
        variant="subtle"
        size="compact-sm"
        onClick={toggle}
        aria-expanded={opened}
        rightSection={opened ? <IconChevronUp size={16} /> : <IconChevronDown size={16} />}
      >
        How this was made
      </Button>
      {opened && <Details answerId={answerId} />}
    </section>
  );
}

function Details({ answerId }: { answerId: string }) {
  const path = `answers/${encodeURIComponent(answerId)}`;
  const record = useQuery({
    queryKey: ['record', answerId],
    queryFn: () => call(AnswerRecord, 'GET', `${path}/record`),
  });
  const replay = useMutation({ mutationFn: () => call(Replay, 'POST', `${path}/replay`) });
  if (record.error) return <Failure error={record.error} retry={() => void record.refetch()} />;
  if (!record.data) return <Loader size="sm" />;
  return (
    <Stack gap="sm" mt="sm">
      <Text size="sm">{inWords(record.data)}</Text>
      <Candidates record={record.data} />
      <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
        {madeBy(record.data)}
      </Text>
      <Group>
        <Button size="compact-sm" variant="light" loading={replay.isPending} onClick={() => replay.mutate()}>
          Make it again and compare
        </Button>
      </Group>
      {replay.error && <Failure error={replay.error} />}
      {replay.data && <Comparison replay={replay.data} />}
    </Stack>
  );
}

function inWords({ outcome, confidence, threshold }: AnswerRecord): string {
  const needed = threshold === null ? '' : `, where ${threshold.toFixed(2)} was needed`;
  const figures = `(${confidence.toFixed(2)}${needed})`;
  if (outcome === 'abstained') return `Nothing below is close enough to the question ${figures}.`;
  return `${sayConfidence(confidence)} ${figures}`;
}

function madeBy({ models, ranker, generation, policy, statistics, strategy }: AnswerRecord): string {
  const named = Object.entries(models).map(([use, model]) => `${use} ${model.slice(0, 40)}`);
  const digests = { ranker, permissions: policy, index: statistics };
  const parts = Object.entries(digests).map(([name, digest]) => `${name} ${shortened(digest)}`);
  return [strategy, ...named, `generation ${generation ?? 'none'}`, ...parts].join(' · ');
}

function Candidates({ record: { candidates, withheld } }: { record: AnswerRecord }) {
  return (
    <>
      {candidates.length > 0 && (
        <Table fz="sm" aria-label="Passages that were read">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Passage of</Table.Th>
              <Table.Th>Score</Table.Th>
              <Table.Th>Use</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {candidates.map((row) => (
              <Table.Tr key={`${row.versionId} ${row.start}`}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{row.title}</Table.Td>
                <Table.Td>{row.score.toFixed(2)}</Table.Td>
                <Table.Td>{row.verdict}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {withheld > 0 && (
        <Text size="sm" c="dimmed">
          {withheld} more that you may no longer read.
        </Text>
      )}
    </>
  );
}

function Comparison({ replay: { matches, differences, changed } }: { replay: Replay }) {
  return (
    <Alert
      role="status"
      variant="default"
      icon={matches ? <IconCheck aria-hidden /> : <IconAlertTriangle aria-hidden />}
      title={matches ? 'The same answer, byte for byte.' : 'Not the same answer any more.'}
    >
      {[...differences, ...(changed.length > 0 ? [`Changed since: ${changed.join(', ')}.`] : [])].map(
        (line) => (
          <Text key={line} size="sm">
            {line}
          </Text>
        ),
      )}
    </Alert>
  );
}

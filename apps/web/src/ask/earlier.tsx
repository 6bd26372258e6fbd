import { AnswerSummary } from '@belay/contracts';
import { Anchor, Card, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from 'react-router';
import { z } from 'zod';
import { call } from '../api';
import { Failure } from '../failure';

const History = z.object({ answers: z.array(AnswerSummary) });

/** Earlier questions of this person, to open again. */
export function Earlier({ current }: { current: string | undefined }) {
  const history = useQuery({
    queryKey: ['answers'],
    queryFn: () => call(History, 'GET', 'answers?limit=20'),
  });
  const rows = (history.data?.answers ?? []).filter((row) => row.answerId !== current);
  return (
    <section aria-label="Earlier questions">
      <Title order={2} size="h4" mb="xs">
        Earlier questions
      </Title>
      {history.isPending && <Skeleton h={40} />}
      {history.error && <Failure error={history.error} retry={() => void history.refetch()} />}
      {history.data && rows.length === 0 && (
        <Text c="dimmed" size="sm">
          What you ask is kept here, for you alone.
        </Text>
      )}
      <Stack gap={6}>
        {rows.map((row) => (
          <Row key={row.answerId} row={row} />
        ))}
      </Stack>
    </section>
  );
}

function Row({ row }: { row: AnswerSummary }) {
  return (
    <Card withBorder p="xs">
      <Group justify="space-between" wrap="nowrap">
        <Anchor component={Link} to={`/answers/${row.answerId}`} lineClamp={1}>
          {row.question}
        </Anchor>
        <Text size="sm" c="dimmed" ta="right" style={{ flexShrink: 0 }}>
          {row.outcome === 'answered' ? 'answered' : 'not found'}
          <Text span inherit visibleFrom="xs">
            {' '}
            · <time dateTime={row.createdAt}>{new Date(row.createdAt).toLocaleDateString()}</time>
          </Text>
        </Text>
      </Group>
    </Card>
  );
}

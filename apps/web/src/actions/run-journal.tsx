import { JournalEntry, type Run, sayMoment } from '@belay/contracts';
import { Button, Code, Loader, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { z } from 'zod';
import { call } from '../api';
import { Failure } from '../failure';

const Journal = z.object({ entries: z.array(JournalEntry) });

/** Everything that happened in a run, in its order, on request; values stand there as digests. */
export function RunJournal({ run }: { run: Run }) {
  const [isOpen, { toggle }] = useDisclosure();
  const journal = useQuery({
    queryKey: ['runs', run.id, 'journal', run.changedAt],
    queryFn: () => call(Journal, 'GET', `runs/${run.id}/journal`),
    enabled: isOpen,
  });
  return (
    <section aria-label="Journal">
      <Button variant="subtle" size="compact-sm" aria-expanded={isOpen} onClick={toggle}>
        {isOpen ? 'Close the journal' : 'Journal'}
      </Button>
      {isOpen && journal.isPending && <Loader />}
      {isOpen && journal.error && <Failure error={journal.error} retry={() => void journal.refetch()} />}
      {isOpen && journal.data && (
        <Table className="stacked" verticalSpacing={4}>
          <Table.Tbody>
            {journal.data.entries.map((entry) => (
              <Table.Tr key={entry.seq}>
                <Table.Td>
                  {entry.seq}. {entry.kind}
                  {entry.step && ` of ${entry.step}`}
                </Table.Td>
                <Table.Td>
                  <Text size="xs" c="dimmed">
                    <time dateTime={entry.at}>{sayMoment(entry.at)}</time>
                  </Text>
                </Table.Td>
                <Table.Td>
                  <Code style={{ overflowWrap: 'anywhere' }}>{JSON.stringify(entry.payload)}</Code>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </section>
  );
}

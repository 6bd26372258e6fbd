import type { UsablePlaybook } from '@belay/contracts';
import { Button, Group, Loader, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Failure } from '../failure';
import { listPlaybooks } from '../tools/playbooks-page';

const POLL_MS = 5000;

/** Everything that this person can have done, to be chosen without saying it in words. */
export function ChoosePlaybook({ choose }: { choose: (playbook: UsablePlaybook) => void }) {
  const usable = useQuery({
    queryKey: ['tools', 'playbooks'],
    queryFn: listPlaybooks,
    // What somebody waits for appears by itself, such as the demo's soon after its first start.
    refetchInterval: ({ state: { data } }) => (data?.length === 0 ? POLL_MS : false),
  });
  const all = (usable.data ?? []).flatMap((row) => row.usable ?? []);
  return (
    <section aria-label="What can be done here">
      <Title order={2} size="h3" mb="xs">
        What can be done here
      </Title>
      {usable.isPending && <Loader />}
      {usable.error && <Failure error={usable.error} retry={() => void usable.refetch()} />}
      {usable.isSuccess && all.length === 0 && (
        <Text role="status">
          Nothing yet. What developers of tools write for you, and somebody approves, appears here by itself.
        </Text>
      )}
      <ul className="steps">
        {all.map((playbook) => (
          <Group component="li" key={playbook.playbook} justify="space-between" wrap="nowrap" py={4}>
            <div style={{ overflowWrap: 'anywhere', minWidth: 0 }}>
              <Text fw={600}>{playbook.title}</Text>
              <Text size="sm">{playbook.description}</Text>
              <Text size="xs" c="dimmed">
                “{playbook.example.replaceAll(/\{[^}]*\}/g, '…')}”
              </Text>
            </div>
            <Button
              variant="light"
              size="compact-sm"
              miw="fit-content"
              aria-label={`Choose ${playbook.title}`}
              onClick={() => choose(playbook)}
            >
              Choose
            </Button>
          </Group>
        ))}
      </ul>
    </section>
  );
}

import { Grantee, Group as GroupView } from '@belay/contracts';
import { Badge, Button, CloseButton, Group, Modal, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, memo, useState } from 'react';
import { z } from 'zod';
import { call } from '../api';
import { notifyFailure as fail } from '../notify';
import { Listing } from './listing';
import { PrincipalPicker } from './principal-picker';
import { usePages } from './use-pages';

const Members = z.object({
  total: z.number(),
  next: z.string().nullable(),
  members: z.array(Grantee),
});

function useMembersChange(group: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: object) => call(GroupView, 'POST', `groups/${group}/members`, body),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['groups'] });
      await queries.invalidateQueries({ queryKey: ['members', group] });
    },
    onError: fail,
  });
}

/** A group with its first members; all of a large one open in a dialog. */
export const GroupRow = memo(function GroupRow({ group }: { group: GroupView }) {
  const [member, setMember] = useState('');
  const [opened, setOpened] = useState(false);
  const change = useMembersChange(group.name);
  const more = group.memberCount - group.members.length;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ add: [member] });
    setMember('');
  };
  return (
    <Stack gap={4}>
      <Text fw={600} style={{ overflowWrap: 'anywhere' }}>
        {group.title}{' '}
        <Text span c="dimmed" size="sm">
          {group.name}
        </Text>
      </Text>
      <Group gap={6}>
        {group.members.map((entry) => (
          <Badge
            key={entry}
            variant="light"
            tt="none"
            rightSection={
              <CloseButton
                size="xs"
                aria-label={`Remove ${entry} from ${group.name}`}
                onClick={() => change.mutate({ remove: [entry] })}
              />
            }
          >
            {entry}
          </Badge>
        ))}
        {more > 0 && (
          <Button variant="subtle" size="compact-xs" onClick={() => setOpened(true)}>
            and {more} more
          </Button>
        )}
        <form onSubmit={submit}>
          <PrincipalPicker
            size="xs"
            aria-label={`Add to ${group.name}`}
            value={member}
            onChange={setMember}
          />
        </form>
      </Group>
      {opened && <MembersDialog group={group} close={() => setOpened(false)} />}
    </Stack>
  );
});

function MembersDialog({ group, close }: { group: GroupView; close: () => void }) {
  const members = usePages(
    Members,
    ['members', group.name],
    `groups/${encodeURIComponent(group.name)}/members`,
  );
  const change = useMembersChange(group.name);
  return (
    <Modal opened onClose={close} title={`Members of ${group.title}`}>
      <Listing pages={members} label="Find a member" noun={['member', 'members']}>
        {members.pages
          .flatMap((page) => page.members)
          .map((row) => (
            <Group key={row.principal} justify="space-between" wrap="nowrap">
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {row.displayName}{' '}
                <Text span c="dimmed" size="xs">
                  {row.principal}
                </Text>
              </Text>
              <CloseButton
                size="sm"
                aria-label={`Remove ${row.principal} from ${group.name}`}
                onClick={() => change.mutate({ remove: [row.principal] })}
              />
            </Group>
          ))}
      </Listing>
    </Modal>
  );
}

import { Group as GroupView, Invitation, Person } from '@belay/contracts';
import {
  Badge,
  Button,
  CloseButton,
  Group,
  Loader,
  MultiSelect,
  Stack,
  Switch,
  Table,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { z } from 'zod';
import { call, tell } from '../api';
import { Failure } from '../failure';
import { notifyFailure as fail } from '../notify';
import { InvitationLink } from './invitation-link';
import { PrincipalPicker } from './principal-picker';

const People = z.object({ people: z.array(Person) });
const Groups = z.object({ groups: z.array(GroupView) });
const ROLES = ['member', 'developer', 'admin'];

export function PeoplePage() {
  const people = useQuery({ queryKey: ['people'], queryFn: () => call(People, 'GET', 'people') });
  const groups = useQuery({ queryKey: ['groups'], queryFn: () => call(Groups, 'GET', 'groups') });
  return (
    <Stack>
      <Title order={1} size="h2">
        People and groups
      </Title>
      {people.isPending && <Loader />}
      {people.error && <Failure error={people.error} retry={() => void people.refetch()} />}
      {people.data && <PersonTable people={people.data.people} />}
      <AddPerson />
      <Title order={2} size="h3" mt="lg">
        Groups
      </Title>
      {groups.isPending && <Loader aria-label="Loading" />}
      {groups.error && <Failure error={groups.error} retry={() => void groups.refetch()} />}
      {groups.data?.groups.length === 0 && <Text c="dimmed">No groups yet.</Text>}
      {groups.data?.groups.map((group) => (
        <GroupRow key={group.name} group={group} />
      ))}
      <AddGroup />
    </Stack>
  );
}

function PersonTable({ people }: { people: Person[] }) {
  return (
    <Table.ScrollContainer minWidth={520}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Person</Table.Th>
            <Table.Th>Roles</Table.Th>
            <Table.Th>Active</Table.Th>
            <Table.Th>Invitation</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {people.map((person) => (
            <PersonRow key={person.name} person={person} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function PersonRow({ person }: { person: Person }) {
  const queries = useQueryClient();
  const invite = useMutation({
    mutationFn: () => call(Invitation, 'POST', `people/${person.name}/invitation`),
    onError: fail,
  });
  const change = useMutation({
    mutationFn: (body: object) => call(Person, 'PATCH', `people/${person.name}`, body),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['people'] }),
    onError: fail,
  });
  return (
    <Table.Tr>
      <Table.Td>
        {person.displayName}{' '}
        <Text span c="dimmed" size="sm">
          {person.name}
        </Text>
      </Table.Td>
      <Table.Td>
        <MultiSelect
          aria-label={`Roles of ${person.name}`}
          data={ROLES}
          value={person.roles}
          onChange={(roles) => change.mutate({ roles })}
        />
      </Table.Td>
      <Table.Td>
        <Switch
          aria-label={`${person.name} is active`}
          checked={person.active}
          onChange={(event) => change.mutate({ active: event.currentTarget.checked })}
        />
      </Table.Td>
      <Table.Td>
        {invite.data ? (
          <InvitationLink invitation={invite.data} />
        ) : (
          <Button
            variant="subtle"
            size="compact-sm"
            aria-label={`Invite ${person.name} again`}
            loading={invite.isPending}
            onClick={() => invite.mutate()}
          >
            Invite again
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

function AddPerson() {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [roles, setRoles] = useState(['member']);
  const add = useMutation({
    mutationFn: () => call(Invitation, 'POST', 'people', { name, displayName, roles }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['people'] }),
    onError: fail,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <Stack gap="xs">
      <Group component="form" align="end" onSubmit={submit}>
        <TextInput
          label="Short name"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          required
        />
        <TextInput
          label="Full name"
          value={displayName}
          onChange={(event) => setDisplayName(event.currentTarget.value)}
          required
        />
        <MultiSelect label="Roles" data={ROLES} value={roles} onChange={setRoles} />
        <Button type="submit" loading={add.isPending}>
          Add person
        </Button>
      </Group>
      {add.data && <InvitationLink invitation={add.data} />}
    </Stack>
  );
}

function GroupRow({ group }: { group: GroupView }) {
  const queries = useQueryClient();
  const [member, setMember] = useState('');
  const change = useMutation({
    mutationFn: (body: object) => call(GroupView, 'POST', `groups/${group.name}/members`, body),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['groups'] }),
    onError: fail,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate({ add: [member] });
    setMember('');
  };
  return (
    <Stack gap={4}>
      <Text fw={600}>
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
        <form onSubmit={submit}>
          <PrincipalPicker
            size="xs"
            aria-label={`Add to ${group.name}`}
            value={member}
            onChange={setMember}
          />
        </form>
      </Group>
    </Stack>
  );
}

function AddGroup() {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [title, setTitle] = useState('');
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    await tell('POST', 'groups', { name, title }).catch(fail);
    setName('');
    setTitle('');
    await queries.invalidateQueries({ queryKey: ['groups'] });
  };
  return (
    <Group component="form" align="end" onSubmit={(event) => void submit(event as unknown as FormEvent)}>
      <TextInput
        label="New group"
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        required
      />
      <TextInput
        label="Title"
        value={title}
        onChange={(event) => setTitle(event.currentTarget.value)}
        required
      />
      <Button type="submit" variant="light">
        Add group
      </Button>
    </Group>
  );
}

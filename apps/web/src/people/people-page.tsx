import { Group as GroupView, Invitation, Person } from '@belay/contracts';
import { Button, Group, MultiSelect, Stack, Switch, Table, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, memo, useState } from 'react';
import { z } from 'zod';
import { call, tell } from '../api';
import { notifyFailure as fail } from '../notify';
import { GroupRow } from './group-row';
import { InvitationLink } from './invitation-link';
import { Listing } from './listing';
import { usePages } from './use-pages';

const Page = z.object({ total: z.number(), next: z.string().nullable() });
const People = Page.extend({ people: z.array(Person) });
const Groups = Page.extend({ groups: z.array(GroupView) });
// A row is several fields: many of them at once take the browser long.
const ROWS = 20;
const ROLES = ['member', 'developer', 'approver', 'admin'];
const NEW_ROLES = ['member'];

export function PeoplePage() {
  return (
    <Stack>
      <Title order={1} size="h2">
        People and groups
      </Title>
      <PeopleList />
      <AddPerson />
      <Title order={2} size="h3" mt="lg">
        Groups
      </Title>
      <GroupList />
      <AddGroup />
    </Stack>
  );
}

function PeopleList() {
  const people = usePages(People, ['people'], 'people', {}, ROWS);
  const rows = people.pages.flatMap((page) => page.people);
  return (
    <Listing pages={people} label="Find a person" noun={['person', 'people']}>
      {rows.length > 0 && <PersonTable people={rows} />}
    </Listing>
  );
}

function GroupList() {
  const groups = usePages(Groups, ['groups'], 'groups', {}, ROWS);
  const rows = groups.pages.flatMap((page) => page.groups);
  return (
    <Listing pages={groups} label="Find a group" noun={['group', 'groups']}>
      {rows.map((group) => (
        <GroupRow key={group.name} group={group} />
      ))}
    </Listing>
  );
}

function PersonTable({ people }: { people: Person[] }) {
  return (
    <>
      <Table className="stacked">
        <Table.Thead visibleFrom="sm">
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
    </>
  );
}

// Typing in the search draws no row anew.
const PersonRow = memo(function PersonRow({ person }: { person: Person }) {
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
});

function AddPerson() {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [displayName, setDisplayName] = useState('');
  const [roles, setRoles] = useState(NEW_ROLES);
  const add = useMutation({
    mutationFn: () => call(Invitation, 'POST', 'people', { name, displayName, roles }),
    onSuccess: () => {
      setName('');
      setDisplayName('');
      setRoles(NEW_ROLES);
      return queries.invalidateQueries({ queryKey: ['people'] });
    },
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
      {add.data && (
        <>
          <InvitationLink invitation={add.data} />
          <Text size="sm">
            {add.data.name} was added to no group: what is shared with a group they may read once they are in
            it.
          </Text>
        </>
      )}
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

import { Collection, Name, toShortName } from '@belay/contracts';
import { Button, Group, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { ApiError, call } from '../api';
import { useCollections } from './use-collections';

const NAME_RULE =
  'Small letters a to z, digits, dots, dashes and underscores; it begins with a letter or digit and has at most 63.';

/** Makes a collection of a title; its short name is made of that, and can be changed. */
export function NewCollection({ created }: { created: (id: string) => void }) {
  const queries = useQueryClient();
  const all = useCollections().data?.collections ?? [];
  const [title, setTitle] = useState('');
  // Null until somebody changes it.
  const [typed, setTyped] = useState<string | null>(null);
  const taken = all.filter(({ manages }) => manages).map(({ name }) => name);
  const name = typed ?? toShortName(title, taken);
  const create = useMutation({
    mutationFn: () => call(Collection, 'POST', 'collections', { name, title: title.trim() }),
    onSuccess: async ({ id }) => {
      setTitle('');
      setTyped(null);
      await queries.invalidateQueries({ queryKey: ['collections'] });
      created(id);
    },
  });
  const isNamed = Name.safeParse(name).success;
  const refused = create.error?.message;
  const isTaken = create.error instanceof ApiError && create.error.code === 'conflict';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isNamed && title.trim() !== '') create.mutate();
  };
  return (
    <Group
      component="form"
      gap="xs"
      align="start"
      onSubmit={(event) => submit(event as unknown as FormEvent)}
    >
      <TextInput
        aria-label="New collection"
        placeholder="New collection’s title"
        value={title}
        maxLength={200}
        error={isTaken ? undefined : refused}
        onChange={(event) => {
          setTitle(event.currentTarget.value);
          create.reset();
        }}
      />
      {title.trim() !== '' && (
        <TextInput
          aria-label="Its short name"
          leftSection="as"
          title="What programs and the command line call it"
          value={name}
          error={isNamed ? (isTaken ? refused : undefined) : NAME_RULE}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            create.reset();
          }}
        />
      )}
      <Button type="submit" variant="light" disabled={title.trim() === ''} loading={create.isPending}>
        Create
      </Button>
    </Group>
  );
}

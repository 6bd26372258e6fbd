import type { SignedInPerson } from '@belay/contracts';
import { Alert, Button, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { tell } from '../api';
import { Failure } from '../failure';

const NONE = { current: '', password: '' };

/** Sets another password of one's own; whoever does not know the present one cannot. */
export function ChangePassword({ person }: { person: SignedInPerson }) {
  const queries = useQueryClient();
  const [typed, setTyped] = useState(NONE);
  const change = useMutation({
    mutationFn: () => tell('PUT', 'session/password', typed),
    onSuccess: () => {
      setTyped(NONE);
      return queries.invalidateQueries({ queryKey: ['api-keys'] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    change.mutate();
  };
  return (
    <Stack>
      <Title order={2} size="h3" mt="md">
        Your password
      </Title>
      <Text>
        A new password takes effect at once. It ends all of your keys, and signs you out everywhere but here.
      </Text>
      <Stack component="form" onSubmit={submit} maw={480} aria-label="Change your password">
        {/* Where passwords are kept by name. */}
        <input type="text" hidden readOnly value={person.name} autoComplete="username" />
        <PasswordInput
          label="Present password"
          value={typed.current}
          onChange={({ currentTarget: { value } }) => setTyped((before) => ({ ...before, current: value }))}
          autoComplete="current-password"
          required
        />
        <PasswordInput
          label="New password"
          description="At least 10 characters"
          value={typed.password}
          onChange={({ currentTarget: { value } }) => setTyped((before) => ({ ...before, password: value }))}
          autoComplete="new-password"
          minLength={10}
          required
        />
        <Button type="submit" loading={change.isPending} style={{ alignSelf: 'start' }}>
          Change password
        </Button>
      </Stack>
      {change.error && <Failure error={change.error} />}
      {change.isSuccess && (
        <Alert color="teal" title="Your password is changed" role="status">
          From now on you sign in with the new one. Keys that you had work no more.
        </Alert>
      )}
    </Stack>
  );
}

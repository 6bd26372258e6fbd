import { InvitedPerson } from '@belay/contracts';
import { Button, Code, Container, Loader, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useSearchParams } from 'react-router';
import { call, tell } from '../api';
import { Failure } from '../failure';

/** Sets the password of whoever was invited, and tells them, before and after, which name they sign in with. */
export function InvitePage() {
  const [parameters] = useSearchParams();
  const token = parameters.get('token') ?? '';
  const invited = useQuery({
    queryKey: ['invitation', token],
    queryFn: () => call(InvitedPerson, 'POST', 'invitations/show', { token }),
    // It is spent by what follows.
    staleTime: Infinity,
  });
  const [isSet, setIsSet] = useState(false);
  return (
    <Container size="xs" py="xl">
      <Title order={1} mb="md">
        Welcome to Belay
      </Title>
      {invited.isPending && <Loader />}
      {invited.error && <Failure error={invited.error} />}
      {invited.data &&
        (isSet ? (
          <Done person={invited.data} />
        ) : (
          <PasswordForm person={invited.data} token={token} done={() => setIsSet(true)} />
        ))}
    </Container>
  );
}

function PasswordForm({ person, token, done }: { person: InvitedPerson; token: string; done: () => void }) {
  const [password, setPassword] = useState('');
  const accept = useMutation({
    mutationFn: () => tell('POST', 'invitations/accept', { token, password }),
    onSuccess: done,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    accept.mutate();
  };
  return (
    <Stack component="form" onSubmit={submit}>
      <Text>This invitation is for {person.displayName}. It works once.</Text>
      <TextInput
        label="Name to sign in with"
        description="You need it each time, with your password."
        value={person.name}
        autoComplete="username"
        readOnly
      />
      <PasswordInput
        label="Password"
        description="At least 10 characters"
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
        autoComplete="new-password"
        minLength={10}
        required
      />
      {accept.error && <Failure error={accept.error} />}
      <Button type="submit" loading={accept.isPending}>
        Set password and sign in
      </Button>
    </Stack>
  );
}

const Done = ({ person }: { person: InvitedPerson }) => (
  <Stack role="status">
    <Text>
      Your password is set, and you are signed in. From now on you sign in with the name{' '}
      <Code fz="md">{person.name}</Code> and this password.
    </Text>
    <Button component="a" href="/" autoFocus style={{ alignSelf: 'start' }}>
      Go on
    </Button>
  </Stack>
);

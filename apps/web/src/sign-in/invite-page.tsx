import { Button, Container, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { useSearchParams } from 'react-router';
import { tell } from '../api';
import { Failure } from '../failure';

export function InvitePage() {
  const [parameters] = useSearchParams();
  const [password, setPassword] = useState('');
  const accept = useMutation({
    mutationFn: () => tell('POST', 'invitations/accept', { token: parameters.get('token') ?? '', password }),
    onSuccess: () => window.location.assign('/'),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    accept.mutate();
  };
  return (
    <Container size="xs" py="xl">
      <Stack component="form" onSubmit={submit}>
        <Title order={1}>Welcome to Belay</Title>
        <Text>Choose a password of at least 10 characters. This link works once.</Text>
        <PasswordInput
          label="Password"
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
    </Container>
  );
}

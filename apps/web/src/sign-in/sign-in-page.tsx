import type { SignInOptions } from '@belay/contracts';
import {
  Button,
  Container,
  Divider,
  Paper,
  PasswordInput,
  SimpleGrid,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { tell } from '../api';
import { Failure } from '../failure';

export function SignInPage({ options: { demo, people } }: { options: SignInOptions }) {
  const queries = useQueryClient();
  const signIn = useMutation({
    mutationFn: ({ path, body }: { path: string; body: object }) => tell('POST', path, body),
    onSuccess: () => {
      // What somebody else read in this window before must not show to the next person.
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'session' });
      return queries.invalidateQueries({ queryKey: ['session'] });
    },
  });
  return (
    <Container size="sm" py="xl">
      <Stack gap="lg">
        <div>
          <Title order={1}>Belay</Title>
          <Text c="dimmed">
            Answers from your company&apos;s documents, quoted word for word, from only what you may read.
          </Text>
        </div>
        {demo && (
          <section aria-label="Demo people">
            <Text mb="xs">Try the demo company as one of its people:</Text>
            <SimpleGrid cols={{ base: 1, xs: 2 }}>
              {people.map(({ name, displayName }) => (
                <Button
                  key={name}
                  variant="light"
                  size="lg"
                  onClick={() => signIn.mutate({ path: 'session/demo', body: { name } })}
                >
                  {displayName} ({name})
                </Button>
              ))}
            </SimpleGrid>
            <Divider my="lg" label="or" />
          </section>
        )}
        {signIn.error && <Failure error={signIn.error} />}
        <PasswordForm onSubmit={(body) => signIn.mutate({ path: 'session', body })} busy={signIn.isPending} />
      </Stack>
    </Container>
  );
}

function PasswordForm({
  onSubmit,
  busy,
}: {
  onSubmit: (body: { name: string; password: string }) => void;
  busy: boolean;
}) {
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit({ name, password });
  };
  return (
    <Paper component="form" withBorder p="md" onSubmit={submit}>
      <Stack>
        <TextInput
          label="Name"
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          required
        />
        <PasswordInput
          label="Password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          autoComplete="current-password"
          required
        />
        <Button type="submit" loading={busy}>
          Sign in
        </Button>
      </Stack>
    </Paper>
  );
}

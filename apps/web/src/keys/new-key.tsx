import { ApiKey, type SignedInPerson } from '@belay/contracts';
import {
  Alert,
  Button,
  Checkbox,
  Code,
  CopyButton,
  Group,
  NumberInput,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call } from '../api';
import { Failure } from '../failure';
import { When } from '../shown/when';
import { KEY_WORDS, keyActionsOf } from './key-words';

const FIRST = ['ask', 'read'];
const DAYS = 90;
const MOST_DAYS = 365;

/** Makes a key, and shows its text once. */
export function NewKey({ person }: { person: SignedInPerson }) {
  const queries = useQueryClient();
  const [label, setLabel] = useState('');
  const [actions, setActions] = useState(FIRST);
  const [days, setDays] = useState<string | number>(DAYS);
  const make = useMutation({
    mutationFn: () => call(ApiKey, 'POST', 'api-keys', { label: label.trim(), actions, days: Number(days) }),
    // Its text is kept no longer than it is shown.
    gcTime: 0,
    onSuccess: () => {
      setLabel('');
      return queries.invalidateQueries({ queryKey: ['api-keys'] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <Stack gap="md">
      <Stack component="form" onSubmit={submit} maw={480} aria-label="Make a key">
        <TextInput
          label="What is it for?"
          placeholder="Such as: my laptop"
          value={label}
          onChange={(event) => setLabel(event.currentTarget.value)}
          maxLength={100}
          required
        />
        <Checkbox.Group label="It may" value={actions} onChange={setActions}>
          <Stack gap="xs" mt={4}>
            {keyActionsOf(person).map((action) => (
              <Checkbox
                key={action}
                value={action}
                label={KEY_WORDS[action]?.title}
                description={KEY_WORDS[action]?.says}
              />
            ))}
          </Stack>
        </Checkbox.Group>
        <NumberInput
          label="Days that it works"
          value={days}
          onChange={setDays}
          min={1}
          max={MOST_DAYS}
          allowDecimal={false}
          required
        />
        <Button
          type="submit"
          loading={make.isPending}
          disabled={label.trim() === '' || actions.length === 0}
          style={{ alignSelf: 'start' }}
        >
          Make key
        </Button>
      </Stack>
      {make.error && <Failure error={make.error} />}
      {make.data && <Made made={make.data} done={() => make.reset()} />}
    </Stack>
  );
}

function Made({ made, done }: { made: ApiKey; done: () => void }) {
  const { key = '', label, expiresAt } = made;
  const use = `BELAY_ADDRESS=${window.location.origin} BELAY_API_KEY=${key} ./belay documents list`;
  return (
    <Alert color="teal" title={`The key “${label}”`} role="status">
      <Stack gap="xs" align="flex-start">
        <Text>Copy it now: it is not shown again. It works until {<When at={expiresAt} />}.</Text>
        <Copied text={key} name="Copy key" />
        <Text>On the command line:</Text>
        <Copied text={use} name="Copy command" />
        <Text>
          Programs send it as <Code>Authorization: Bearer</Code> and the key. Keep it like a password, and
          take it back below once it is not needed.
        </Text>
        <Button variant="default" size="compact-sm" onClick={done}>
          I have copied it
        </Button>
      </Stack>
    </Alert>
  );
}

const Copied = ({ text, name }: { text: string; name: string }) => (
  <Group gap="xs">
    <Code style={{ overflowWrap: 'anywhere' }}>{text}</Code>
    <CopyButton value={text}>
      {({ copied, copy }) => (
        <Button size="compact-sm" onClick={copy}>
          {copied ? 'Copied' : name}
        </Button>
      )}
    </CopyButton>
  </Group>
);

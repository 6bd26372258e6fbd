import type { GrantView } from '@belay/contracts';
import { Button, Group, SegmentedControl, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { PrincipalPicker } from '../people/principal-picker';

/** For whom, whether they may or may not, and until when. */
export function AddGrant({
  add,
  busy,
}: {
  add: (grant: Pick<GrantView, 'principal' | 'effect'>) => void;
  busy: boolean;
}) {
  const [principal, setPrincipal] = useState('');
  const [effect, setEffect] = useState<GrantView['effect']>('allow');
  const [expires, setExpires] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add({
      principal,
      effect,
      ...(expires ? { expires: new Date(`${expires}T23:59:59`).toISOString() } : {}),
    });
    setPrincipal('');
    setExpires('');
  };
  return (
    <Group component="form" align="end" onSubmit={submit}>
      <PrincipalPicker
        label="Person, group or role"
        value={principal}
        onChange={setPrincipal}
        required
        style={{ flex: '1 1 200px' }}
      />
      <SegmentedControl
        aria-label="Effect"
        value={effect}
        onChange={(next) => setEffect(next === 'deny' ? 'deny' : 'allow')}
        data={['allow', 'deny']}
      />
      <TextInput
        label="Until (optional)"
        type="date"
        value={expires}
        onChange={(event) => setExpires(event.currentTarget.value)}
      />
      <Button type="submit" loading={busy}>
        Add
      </Button>
    </Group>
  );
}

import { Button, Group, NumberInput, SegmentedControl, Stack, Switch, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';

/** Names a folder of the server, or a Git address, to take documents from. */
export function AddSource({ isBusy, add }: { isBusy: boolean; add: (body: object) => void }) {
  const [kind, setKind] = useState('folder');
  const [location, setLocation] = useState('');
  const [branch, setBranch] = useState('');
  const [everyMinutes, setEvery] = useState<number | string>(15);
  const [deletes, setDeletes] = useState(true);
  const isGit = kind === 'git';
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add({
      ...{ kind, location: location.trim(), everyMinutes: Number(everyMinutes), deletes },
      ...(isGit && branch.trim() ? { branch: branch.trim() } : {}),
    });
  };
  return (
    <form onSubmit={submit} aria-label="Add a source">
      <Stack gap="xs" align="start">
        <SegmentedControl
          aria-label="Kind of source"
          value={kind}
          onChange={setKind}
          data={[
            { value: 'folder', label: 'Folder of the server' },
            { value: 'git', label: 'Git repository' },
          ]}
        />
        <Group align="end" gap="xs" w="100%">
          <TextInput
            label={isGit ? 'Address' : 'Path'}
            placeholder={isGit ? 'https://git.example/handbook.git' : '/srv/handbook'}
            style={{ flex: '1 1 220px' }}
            maxLength={1000}
            required
            value={location}
            onChange={(event) => setLocation(event.currentTarget.value)}
          />
          {isGit && (
            <TextInput
              label="Branch (optional)"
              maxLength={200}
              value={branch}
              onChange={(event) => setBranch(event.currentTarget.value)}
            />
          )}
          <NumberInput
            label="Every … minutes"
            min={1}
            max={43200}
            allowDecimal={false}
            required
            w={170}
            value={everyMinutes}
            onChange={setEvery}
          />
        </Group>
        <Switch
          label="What disappears there is deleted here"
          checked={deletes}
          onChange={(event) => setDeletes(event.currentTarget.checked)}
        />
        <Button type="submit" variant="light" loading={isBusy} disabled={!location.trim()}>
          Add source
        </Button>
      </Stack>
    </form>
  );
}

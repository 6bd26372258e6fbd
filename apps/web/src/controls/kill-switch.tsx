import { type Kill, KillScope } from '@belay/contracts';
import { Button, Card, Group, Loader, Select, Stack, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { call } from '../api';
import { Failure } from '../failure';
import { Kills, sayKill, useKills } from './use-kills';
import { When } from '../shown/when';

const CHOICES: Record<KillScope, { label: string; target?: string; hint?: string }> = {
  all: { label: 'Everything' },
  peer: { label: 'One server', target: 'Server', hint: 'helpdesk' },
  contract: { label: 'One contract', target: 'Contract', hint: 'helpdesk.create-ticket' },
  person: { label: 'One person’s actions', target: 'Person', hint: 'short name' },
  run: { label: 'One run, for good', target: 'Run', hint: 'its id' },
};

/** Stops effects at once, says what is stopped, and lifts it. Each is on the ledger. */
export function KillSwitch() {
  const kills = useKills();
  const all = kills.data?.kills ?? [];
  const active = all.filter(({ liftedAt }) => liftedAt === null);
  const lifted = all.filter(({ liftedAt }) => liftedAt !== null).slice(0, 20);
  return (
    <Stack component="section" aria-label="Stop">
      {kills.isPending && <Loader />}
      {kills.error && <Failure error={kills.error} retry={() => void kills.refetch()} />}
      {active.map((kill) => (
        <ActiveKill key={kill.id} kill={kill} />
      ))}
      <SetKillForm />
      {lifted.length > 0 && (
        <section aria-label="Lifted">
          <Title order={2} size="h3" mb="xs">
            Lifted
          </Title>
          {lifted.map((kill) => (
            <Text key={kill.id} size="sm" style={{ overflowWrap: 'anywhere' }}>
              {sayKill(kill)}: {kill.reason}{' '}
              <Text span c="dimmed" size="xs">
                <When at={kill.at} /> to {kill.liftedAt && <When at={kill.liftedAt} />}, by{' '}
                {kill.by ?? 'somebody in the database'}
              </Text>
            </Text>
          ))}
        </section>
      )}
    </Stack>
  );
}

function ActiveKill({ kill }: { kill: Kill }) {
  const queries = useQueryClient();
  const lift = useMutation({
    mutationFn: () => call(Kills, 'POST', `kills/${kill.id}/lift`, {}),
    onSettled: () => queries.invalidateQueries({ queryKey: ['kills'] }),
  });
  return (
    <Card withBorder p="sm" component="article" aria-label={`Stopped: ${sayKill(kill)}`}>
      <Group justify="space-between" gap="xs">
        <div style={{ overflowWrap: 'anywhere', minWidth: 0, flex: '1 1 240px' }}>
          <Text fw={600}>{sayKill(kill)}</Text>
          <Text size="sm">{kill.reason}</Text>
          <Text size="xs" c="dimmed">
            since <When at={kill.at} />, by {kill.by ?? 'somebody in the database'}
          </Text>
        </div>
        <Button
          variant="light"
          loading={lift.isPending}
          aria-label={`Lift: ${sayKill(kill)}`}
          onClick={() => lift.mutate()}
        >
          Lift
        </Button>
      </Group>
      {lift.error && <Failure error={lift.error} />}
    </Card>
  );
}

function SetKillForm() {
  const queries = useQueryClient();
  const [scope, setScope] = useState<KillScope>('all');
  const [target, setTarget] = useState('');
  const [reason, setReason] = useState('');
  const asked = CHOICES[scope];
  const set = useMutation({
    mutationFn: () =>
      call(Kills, 'POST', 'kills', {
        scope,
        reason: reason.trim(),
        ...(asked.target ? { target: target.trim() } : {}),
      }),
    onSuccess: () => {
      setReason('');
      setTarget('');
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ['kills'] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    set.mutate();
  };
  return (
    <Stack
      component="form"
      aria-label="Stop actions"
      gap="xs"
      maw={480}
      onSubmit={(event) => submit(event as unknown as FormEvent)}
    >
      <Select
        label="What to stop"
        data={KillScope.options.map((value) => ({ value, label: CHOICES[value].label }))}
        value={scope}
        allowDeselect={false}
        onChange={(value) => setScope(KillScope.parse(value))}
      />
      {asked.target && (
        <TextInput
          label={asked.target}
          placeholder={asked.hint}
          required
          maxLength={220}
          value={target}
          onChange={(event) => setTarget(event.currentTarget.value)}
        />
      )}
      <Textarea
        label="Why"
        description="Everybody who runs actions reads it."
        required
        maxLength={500}
        autosize
        minRows={2}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
      />
      {set.error && <Failure error={set.error} />}
      <Button
        type="submit"
        color="red"
        style={{ alignSelf: 'start' }}
        loading={set.isPending}
        disabled={!reason.trim() || (asked.target !== undefined && !target.trim())}
      >
        Stop it now
      </Button>
    </Stack>
  );
}

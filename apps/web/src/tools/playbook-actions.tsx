import { PlaybookDetail } from '@belay/contracts';
import { Button, Group, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { call } from '../api';
import { Failure } from '../failure';
import { GiveReason } from '../shown/give-reason';

/** What can be done with a playbook: approve it, write another version, retire it. */
export function PlaybookActions({ detail, me }: { detail: PlaybookDetail; me: string }) {
  const queries = useQueryClient();
  const [isRetiring, setRetiring] = useState(false);
  const { playbook, version, digest, state } = detail;
  const change = useMutation({
    mutationFn: ({ step, body }: { step: 'approve' | 'retire'; body: object }) =>
      call(PlaybookDetail, 'POST', `playbooks/${playbook}/${version}/${step}`, body),
    onSettled: () => queries.invalidateQueries({ queryKey: ['tools'] }),
  });
  if (state === 'retired') return null;
  const isOwn = detail.registeredBy === me;
  return (
    <div>
      <Group gap="xs">
        {state !== 'approved' && !isOwn && (
          <Button
            loading={change.isPending}
            onClick={() => change.mutate({ step: 'approve', body: { digest } })}
          >
            Approve
          </Button>
        )}
        <Button component={Link} variant="light" to={`/tools/playbooks/new?from=${playbook}@${version}`}>
          Write another version
        </Button>
        <Button variant="subtle" color="red" onClick={() => setRetiring(true)}>
          Retire
        </Button>
      </Group>
      {state !== 'approved' && isOwn && (
        <Text size="sm" mt="xs">
          You registered it, so somebody else approves it.
        </Text>
      )}
      {change.error && <Failure error={change.error} />}
      {isRetiring && (
        <GiveReason
          title="Retire this playbook?"
          says="Nobody starts this version ever again. Another version can take its place."
          go="Retire it"
          close={() => setRetiring(false)}
          give={(reason) => change.mutate({ step: 'retire', body: { reason } })}
        />
      )}
    </div>
  );
}

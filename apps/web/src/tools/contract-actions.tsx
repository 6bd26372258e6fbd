import { ContractDetail, VerifiedContract } from '@belay/contracts';
import { Alert, Button, Group, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'react-router';
import { call } from '../api';
import { Failure } from '../failure';
import { GiveReason } from '../shown/give-reason';
import { Changes } from './drift-history';

const ASIDE = {
  quarantine: {
    title: 'Quarantine this contract?',
    says: 'Nothing calls it until somebody approves it again. Runs that need it are held.',
    go: 'Quarantine it',
  },
  retire: {
    title: 'Retire this contract?',
    says: 'Nothing calls this version ever again. Another version can take its place.',
    go: 'Retire it',
  },
} as const;

/** What can be done with a contract: compare it with its server, approve it, take it out of use. */
export function ContractActions({ detail, me }: { detail: ContractDetail; me: string }) {
  const queries = useQueryClient();
  const [asked, setAsked] = useState<keyof typeof ASIDE>();
  const path = `tools/${detail.contract}/${detail.version}`;
  const options = { onSettled: () => queries.invalidateQueries({ queryKey: ['tools'] }) };
  const verify = useMutation({
    mutationFn: () => call(VerifiedContract, 'POST', `${path}/verify`, {}),
    ...options,
  });
  const change = useMutation({
    mutationFn: ({ step, body }: { step: string; body: object }) =>
      call(ContractDetail, 'POST', `${path}/${step}`, body),
    ...options,
  });
  const { state } = detail;
  if (state === 'retired') return null;
  const mayBeApproved = state !== 'approved';
  const isOwn = detail.registeredBy === me;
  const ask = asked && ASIDE[asked];
  return (
    <div>
      <Group gap="xs">
        {mayBeApproved && !isOwn && (
          <Button
            loading={change.isPending}
            onClick={() => change.mutate({ step: 'approve', body: { digest: detail.digest } })}
          >
            Approve
          </Button>
        )}
        <Button variant="light" loading={verify.isPending} onClick={() => verify.mutate()}>
          Compare with its server
        </Button>
        <Button component={Link} variant="light" to={`/tools/new?from=${detail.contract}@${detail.version}`}>
          Write another version
        </Button>
        {state !== 'quarantined' && (
          <Button variant="subtle" color="red" onClick={() => setAsked('quarantine')}>
            Quarantine
          </Button>
        )}
        <Button variant="subtle" color="red" onClick={() => setAsked('retire')}>
          Retire
        </Button>
      </Group>
      {mayBeApproved && isOwn && (
        <Text size="sm" mt="xs">
          You registered it, so somebody else approves it.
        </Text>
      )}
      <div aria-live="polite">
        {change.error && <Failure error={change.error} />}
        {verify.error && <Failure error={verify.error} retry={() => verify.mutate()} />}
        {verify.data?.matches && <Alert mt="xs">Its server still says exactly what the contract pins.</Alert>}
        {verify.data && !verify.data.matches && (
          <Alert mt="xs" color="red" title="Its server says something else now, so it was quarantined">
            <Changes changes={verify.data.changes} />
          </Alert>
        )}
      </div>
      {asked && ask && (
        <GiveReason
          {...ask}
          close={() => setAsked(undefined)}
          give={(reason) => change.mutate({ step: asked, body: { reason } })}
        />
      )}
    </div>
  );
}

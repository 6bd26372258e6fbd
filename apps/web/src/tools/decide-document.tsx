import { Button, Group, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import { z } from 'zod';
import { call } from '../api';
import { Failure } from '../failure';
import { GiveReason } from '../shown/give-reason';
import type { Registered } from './registered-document';

/** Ways to take a document out of use, by the step of its route. */
type Asides = Readonly<
  Partial<
    Record<'quarantine' | 'retire', { readonly title: string; readonly says: string; readonly go: string }>
  >
>;
const NAMES = { quarantine: 'Quarantine', retire: 'Retire' } as const;

/** What can be done with a document: approve it, write another version, take it out of use, and what its kind adds. */
export function DecideDocument({
  detail,
  place,
  another,
  asides,
  me,
  more,
}: {
  detail: Registered;
  place: string;
  another: string;
  asides: Asides;
  me: string;
  more?: ReactNode;
}) {
  const queries = useQueryClient();
  const [asked, setAsked] = useState<keyof Asides>();
  const change = useMutation({
    mutationFn: ({ step, body }: { step: 'approve' | keyof Asides; body: object }) =>
      call(z.unknown(), 'POST', `${place}/${step}`, body),
    onSettled: () => queries.invalidateQueries({ queryKey: ['tools'] }),
  });
  const { state, digest } = detail;
  if (state === 'retired') return null;
  const mayBeApproved = state !== 'approved';
  const isOwn = detail.registeredBy === me;
  const ask = asked && asides[asked];
  const open = (['quarantine', 'retire'] as const).filter(
    (step) => asides[step] && !(step === 'quarantine' && state === 'quarantined'),
  );
  return (
    <div>
      <Group gap="xs">
        {mayBeApproved && !isOwn && (
          <Button
            loading={change.isPending}
            onClick={() => change.mutate({ step: 'approve', body: { digest } })}
          >
            Approve
          </Button>
        )}
        {more}
        <Button component={Link} variant="light" to={another}>
          Write another version
        </Button>
        {open.map((step) => (
          <Button key={step} variant="subtle" color="red" onClick={() => setAsked(step)}>
            {NAMES[step]}
          </Button>
        ))}
      </Group>
      {mayBeApproved && isOwn && (
        <Text size="sm" mt="xs">
          You registered it, so somebody else approves it.
        </Text>
      )}
      <div aria-live="polite">{change.error && <Failure error={change.error} />}</div>
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

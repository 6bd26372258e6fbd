import { Approval, type ApprovalText } from '@belay/contracts';
import { Button, Code, Group, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { call } from '../api';
import { Failure } from '../failure';
import { GiveReason } from '../shown/give-reason';

/** Grants or denies what was read; the decision names its digest. */
export function Decision({ approval, says }: { approval: Approval; says: ApprovalText }) {
  const queries = useQueryClient();
  const [isDenying, setDenying] = useState(false);
  const { id, digest, approvers, granted, mayDecide, because, stopped } = approval;
  const decide = useMutation({
    mutationFn: (body: { decision: 'grant' | 'deny'; reason?: string }) =>
      call(Approval, 'POST', `approvals/${id}`, { digest, ...body }),
    onSettled: () => queries.invalidateQueries({ queryKey: ['approvals'] }),
  });
  return (
    <div>
      <Text size="xs" c="dimmed" mt="xs" style={{ overflowWrap: 'anywhere' }}>
        {mayDecide ? 'You decide about' : 'Decided about is'} <Code>{digest}</Code>
      </Text>
      {approvers > 1 && (
        <Text size="sm">
          {granted.length} of {approvers} have allowed it{granted.length > 0 && `: ${granted.join(', ')}`}.
        </Text>
      )}
      {decide.error && <Failure error={decide.error} />}
      {stopped !== null && (
        <Text size="sm" mt="xs">
          {stopped} It can be allowed once that is lifted.
        </Text>
      )}
      {mayDecide ? (
        <Group mt="sm">
          <Button
            loading={decide.isPending}
            disabled={stopped !== null}
            aria-label={`Allow it once: ${says.title}, for ${says.requester}`}
            onClick={() => decide.mutate({ decision: 'grant' })}
          >
            Allow it once
          </Button>
          <Button
            variant="light"
            color="red"
            loading={decide.isPending}
            aria-label={`Deny: ${says.title}, for ${says.requester}`}
            onClick={() => setDenying(true)}
          >
            Deny
          </Button>
        </Group>
      ) : (
        <Text size="sm" mt="xs">
          {because ?? 'You may not decide this.'}
        </Text>
      )}
      {isDenying && (
        <GiveReason
          title="Deny this?"
          says="The run ends without this call. What it did before stays, and can be taken back."
          go="Deny it"
          isOptional
          close={() => setDenying(false)}
          give={(reason) => decide.mutate({ decision: 'deny', ...(reason ? { reason } : {}) })}
        />
      )}
    </div>
  );
}

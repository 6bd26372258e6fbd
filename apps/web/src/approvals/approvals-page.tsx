import { Loader, Stack, Text, Title } from '@mantine/core';
import { Failure } from '../failure';
import { ApprovalCard } from './approval-card';
import { useApprovals } from './use-approvals';

/** What waits for somebody's consent, for approvers and administrators. */
export function ApprovalsPage() {
  const { approvals, pending, notShown } = useApprovals();
  return (
    <Stack maw={860}>
      <Title order={1} size="h2">
        Approvals
      </Title>
      <Text>
        Each is a single call with exactly these arguments. What you allow happens once, or not at all: if
        anything of it changes, you are asked again.
      </Text>
      {approvals.isPending && <Loader />}
      {approvals.error && <Failure error={approvals.error} retry={() => void approvals.refetch()} />}
      {approvals.isSuccess && (
        <Text size="sm" c="dimmed" role="status">
          {pending.length === 0
            ? 'Nothing waits for you.'
            : `${pending.length} ${pending.length === 1 ? 'call waits' : 'calls wait'}`}
          {notShown > 0 && `, and ${notShown} more that are not shown until these are decided`}
        </Text>
      )}
      {pending.map((approval) => (
        <ApprovalCard key={approval.id} approval={approval} />
      ))}
    </Stack>
  );
}

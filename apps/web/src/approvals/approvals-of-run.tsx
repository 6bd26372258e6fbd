import { Stack, Text } from '@mantine/core';
import { Failure } from '../failure';
import { ApprovalCard } from './approval-card';
import { useApprovals } from './use-approvals';

/** What one run waits for: its person sees exactly what others are asked, and decides where the contract lets them. */
export function ApprovalsOfRun({ run }: { run: string }) {
  const { approvals, pending } = useApprovals();
  const own = pending.filter((approval) => approval.run === run);
  return (
    <Stack component="section" aria-label="What it waits for">
      {approvals.error && <Failure error={approvals.error} retry={() => void approvals.refetch()} />}
      {approvals.isSuccess && own.length === 0 && (
        <Text size="sm">It waits for an approval that you may not see.</Text>
      )}
      {own.map((approval) => (
        <ApprovalCard key={approval.id} approval={approval} />
      ))}
    </Stack>
  );
}

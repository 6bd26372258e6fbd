import { ApprovalPage } from '@belay/contracts';
import { useQuery } from '@tanstack/react-query';
import { call } from '../api';

const POLL_MS = 3000;

/** What waits for a decision, as far as this person may see it. */
export function useApprovals() {
  const approvals = useQuery({
    queryKey: ['approvals'],
    queryFn: () => call(ApprovalPage, 'GET', 'approvals'),
    refetchInterval: POLL_MS,
    refetchOnWindowFocus: 'always',
  });
  const pending = approvals.data?.approvals.filter(({ state }) => state === 'pending') ?? [];
  return { approvals, pending, notShown: approvals.data?.notShown ?? 0 };
}

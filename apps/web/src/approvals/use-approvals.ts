import { ApprovalPage } from '@belay/contracts';
import { useQuery } from '@tanstack/react-query';
import { call } from '../api';
import { sayWaiting, type Waiting } from './say-waiting';

const POLL_MS = 3000;
const MENU_POLL_MS = 30_000;
const PENDING = {
  queryKey: ['approvals'],
  queryFn: () => call(ApprovalPage, 'GET', 'approvals'),
  refetchOnWindowFocus: 'always',
} as const;

/** What waits for a decision, as far as this person may see it. */
export function useApprovals() {
  const approvals = useQuery({ ...PENDING, refetchInterval: POLL_MS });
  const pending = approvals.data?.approvals.filter(({ state }) => state === 'pending') ?? [];
  return { approvals, pending, notShown: approvals.data?.notShown ?? 0 };
}

/** What the menu says beside a label of what this person may decide; undefined where nothing waits for them. */
export const useWaiting = (label: string): Waiting | undefined =>
  useQuery({ ...PENDING, refetchInterval: MENU_POLL_MS, select: (page) => sayWaiting(label, page) }).data;

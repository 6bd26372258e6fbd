import type { Approval, ApprovalPage } from '@belay/contracts';

/** A count to show beside a label, and the name of both for whoever hears them. */
export interface Waiting {
  readonly count: string;
  readonly name: string;
}

type Listed = Pick<ApprovalPage, 'notShown'> & { readonly approvals: readonly Pick<Approval, 'mayDecide'>[] };

/** How many of the listed approvals may be decided by whoever they were listed for; undefined where none may. */
export function sayWaiting(label: string, { approvals, notShown }: Listed): Waiting | undefined {
  const own = approvals.filter(({ mayDecide }) => mayDecide).length;
  if (own === 0) return undefined;
  if (notShown > 0) return { count: `${own}+`, name: `${label}, ${own} or more wait for you` };
  return { count: String(own), name: `${label}, ${own} ${own === 1 ? 'waits' : 'wait'} for you` };
}

import type { Run, RunState } from '@belay/contracts';
import type { SignedIn } from '@belay/identity';
import type { RunViewRow } from './run-view.repository.js';

/** In what states a run is started, stopped, and taken back. */
export const STARTS: readonly RunState[] = ['ready'];
export const CANCELS: readonly RunState[] = [
  'planned',
  'ready',
  'running',
  'waiting',
  'awaiting-approval',
  'needs-input',
  'suspended',
];
export const UNDOES: readonly RunState[] = [
  'completed',
  'failed',
  'denied',
  'killed',
  'needs-operator',
  'partially-compensated',
  'not-compensated',
];

/** Its requester's, and administrators'. A key takes part in what is somebody else's only where it was made for that. */
export function mayManage({ person, roles, actions }: SignedIn, run: RunViewRow): boolean {
  const administers = roles.includes('admin') && (actions === null || actions.includes('administer'));
  return run.requesterId === person || administers;
}

/** What whoever looks at a run may do with it as it is now; with a key that is not made for acting, nothing. */
export function rightsOn(actor: SignedIn, run: RunViewRow): Pick<Run, 'mayStart' | 'mayCancel' | 'mayUndo'> {
  const acts = actor.actions === null || actor.actions.includes('act');
  const isManaged = acts && mayManage(actor, run);
  return {
    mayStart: acts && run.requesterId === actor.person && STARTS.includes(run.state),
    mayCancel: isManaged && CANCELS.includes(run.state),
    mayUndo: isManaged && run.hasWayBack && UNDOES.includes(run.state) && run.forgottenAt === null,
  };
}

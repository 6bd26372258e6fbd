import {
  type ContractState,
  type EffectClass,
  ONLY_IF_THERE,
  type RunState,
  type Sink,
  type StepState,
} from '@belay/contracts';

interface Word {
  readonly label: string;
  readonly color: string;
}

export const EFFECTS: Record<EffectClass, Word & { readonly says: string }> = {
  read: { label: 'reads only', color: 'gray', says: 'It changes nothing.' },
  reversible: { label: 'can be undone', color: 'teal', says: 'Another call restores exactly what was.' },
  compensable: { label: 'can be made up for', color: 'blue', says: 'Another call makes up for it.' },
  irreversible: { label: 'cannot be undone', color: 'red', says: 'It cannot be taken back.' },
};

/** What a call is by its contract and by what is known of its way back: what has none cannot be undone. */
export function effectWord(effect: EffectClass, wayBack: string | null): Word {
  if (effect === 'read') return EFFECTS.read;
  if (wayBack === null) return EFFECTS.irreversible;
  return wayBack.endsWith(ONLY_IF_THERE)
    ? { label: 'can perhaps be undone', color: 'yellow' }
    : EFFECTS[effect];
}

export const CONTRACT_STATES: Record<ContractState, Word> = {
  registered: { label: 'waits for approval', color: 'blue' },
  approved: { label: 'approved', color: 'teal' },
  quarantined: { label: 'quarantined', color: 'red' },
  retired: { label: 'retired', color: 'gray' },
};

export const RUN_STATES: Record<RunState, Word> = {
  planned: { label: 'being looked into', color: 'blue' },
  ready: { label: 'waits to be started', color: 'blue' },
  running: { label: 'under way', color: 'blue' },
  waiting: { label: 'goes on by itself later', color: 'blue' },
  'awaiting-approval': { label: 'waits for an approval', color: 'yellow' },
  'needs-input': { label: 'waits for an answer', color: 'yellow' },
  suspended: { label: 'held: a tool changed', color: 'red' },
  completed: { label: 'done', color: 'teal' },
  failed: { label: 'failed', color: 'red' },
  denied: { label: 'not allowed', color: 'red' },
  killed: { label: 'stopped', color: 'red' },
  compensating: { label: 'being taken back', color: 'blue' },
  compensated: { label: 'taken back', color: 'gray' },
  'partially-compensated': { label: 'not all taken back', color: 'red' },
  'not-compensated': { label: 'not taken back', color: 'red' },
  'needs-operator': { label: 'somebody must look', color: 'red' },
};

export const STEP_STATES: Record<StepState, Word> = {
  proposed: { label: 'to come', color: 'gray' },
  'awaiting-approval': { label: 'waits for an approval', color: 'yellow' },
  asking: { label: 'asks you', color: 'yellow' },
  intended: { label: 'under way', color: 'blue' },
  succeeded: { label: 'done', color: 'teal' },
  failed: { label: 'failed, without effect', color: 'red' },
  unknown: { label: 'outcome unknown', color: 'red' },
  skipped: { label: 'left out', color: 'gray' },
  'compensation-intended': { label: 'being taken back', color: 'blue' },
  compensated: { label: 'taken back', color: 'gray' },
  'compensation-failed': { label: 'could not be taken back', color: 'red' },
  'not-compensable': { label: 'cannot be taken back', color: 'red' },
};

/** What an argument decides. */
export const SINKS: Record<Sink, string> = {
  recipient: 'who gets it',
  url: 'where on the web',
  path: 'which file',
  query: 'what is searched or run',
  identifier: 'which one',
  amount: 'how much',
  content: 'what it says',
};

/** Whether nothing more happens in a run unless somebody asks for it. */
export const isAtRest = (state: RunState): boolean => !MOVING.has(state);
const MOVING = new Set<RunState>(['planned', 'running', 'waiting', 'compensating']);

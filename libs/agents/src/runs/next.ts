import { type RunState, storable } from '@belay/contracts';
import type { Ending } from './settling/settling.repository.js';

/** What a step means for its run: it goes on, waits, or is over. */
export type Next =
  | { readonly kind: 'on' }
  | {
      readonly kind: 'pause' | 'end';
      readonly state: RunState;
      readonly reason: string | null;
      readonly wakeInMs?: number;
      /** Of a run that is over but for what nobody knows yet. */
      readonly ending?: Ending;
    };

// A reason may name what somebody wrote, and must never be why a run cannot be written down.
const kept = (reason: string | null): string | null => reason && storable(reason);

export const ON: Next = { kind: 'on' };
export const pause = (state: RunState, reason: string | null, wakeInMs = 0): Next => ({
  kind: 'pause',
  state,
  reason: kept(reason),
  wakeInMs,
});
export const end = (state: RunState, reason: string | null): Next => ({
  kind: 'end',
  state,
  reason: kept(reason),
});

// Of several branches, what is over counts before what waits, and who must look before who need not.
const WEIGHT: readonly RunState[] = [
  'killed',
  'needs-operator',
  'denied',
  'failed',
  'suspended',
  'waiting',
  'awaiting-approval',
  'needs-input',
];

/** What several steps side by side mean together. */
export function together(all: readonly Next[]): Next {
  const rank = (next: Next): number =>
    next.kind === 'on' ? WEIGHT.length : (next.kind === 'end' ? 0 : 100) + WEIGHT.indexOf(next.state);
  const ended = all.filter((next) => next.kind === 'end').sort((a, b) => rank(a) - rank(b))[0];
  if (ended) return ended;
  if (all.some((next) => next.kind === 'on')) return ON;
  return [...all].sort((a, b) => rank(a) - rank(b))[0] ?? ON;
}

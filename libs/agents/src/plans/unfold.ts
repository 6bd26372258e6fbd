import type { PlannedCall, PlannedQuestion } from '@belay/contracts';
import type { Label, Labelled } from '../runs/labels.js';

/** How a step ended; only what succeeded has a value. */
export type Outcome = ({ readonly state: 'succeeded' } & Labelled) | { readonly state: 'pending' | 'failed' };

/** A step whose turn it is. */
export interface ReadyStep {
  readonly id: string;
  readonly node: PlannedCall | PlannedQuestion;
  /** What its references may name. */
  readonly values: ReadonlyMap<string, Labelled>;
  /** The label of everything that decided that it runs. */
  readonly control: Label;
  /** The part of the plan, counted from 0, that it belongs to. */
  readonly part: number;
}

/** What of a plan comes next. `problem` says why it cannot go on. */
export interface Unfolded {
  readonly ready: readonly ReadyStep[];
  readonly isDone: boolean;
  readonly problem?: string;
}

import type { EffectClass, RunState, StepState, ToolContract } from '@belay/contracts';
import type { Ending } from './settling/settling.repository.js';

/** A run as whoever works on it holds it. `fence` is what every write compares. */
export interface RunRecord {
  readonly run: string;
  readonly requester: number;
  readonly requesterName: string;
  readonly title: string;
  readonly planner: string;
  readonly state: RunState;
  readonly isOpen: boolean;
  readonly lateFrom: number | null;
  readonly readUntrusted: boolean;
  readonly readPrivate: boolean;
  readonly cost: number;
  readonly budget: number;
  readonly fence: number;
  readonly journalSeq: number;
  readonly journalHead: string;
  /** How it ends, once what is still open of it is settled. */
  readonly ending: Ending | null;
}

/** A label as it is stored; one from before documents were kept in it has none. */
export interface StoredLabel {
  readonly integrity: string;
  readonly readers: readonly number[] | null;
  readonly origins: readonly string[];
  readonly documents?: readonly string[];
}

/** A step of it as it stands, its values opened. */
export interface StepRecord {
  readonly id: string;
  readonly position: number;
  readonly contract: string | null;
  readonly version: string | null;
  readonly digest: string | null;
  readonly callDigest: string | null;
  readonly effect: EffectClass | null;
  readonly state: StepState;
  readonly attempts: number;
  readonly key: string | null;
  readonly intendedAt: Date | null;
  readonly settledAt: Date | null;
  readonly arguments: string | null;
  readonly result: string | null;
  readonly resultLabel: StoredLabel | null;
  readonly answer: string | null;
  /** Whether a program with a key answered. */
  readonly isOfProgram: boolean;
  /** Whether its probe found something before it was called; null where that was not asked. */
  readonly foundBefore: boolean | null;
}

/** What is written when a step first stands in a run. */
export interface NewStep {
  readonly id: string;
  readonly contract: ToolContract | null;
  readonly digest: string | null;
  readonly callDigest: string | null;
  readonly title: string;
  readonly state: StepState;
  readonly tainted: readonly string[];
  readonly items: number;
  readonly wayBack: string | null;
  readonly isLate: boolean;
  readonly key: string | null;
  readonly arguments: string | null;
  readonly reason: string | null;
}

/** What it was planned from. */
export interface PlanRecord {
  readonly task: string;
  readonly nodes: string;
  readonly slots: string;
  readonly preview: string | null;
  readonly isOfProgram: boolean;
  /** Of the digests of its values. */
  readonly salt: string;
}

/** Whether a call was sent, or may have been, and nobody knows what came of it. */
export const isAgain = (known: StepRecord | undefined): boolean =>
  known?.state === 'unknown' || known?.state === 'intended';

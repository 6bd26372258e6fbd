import type { Borrowed } from './reading.js';

/** What stood before a question: its question as it was understood, and the names in what was quoted for it. */
export interface Antecedent {
  readonly answerId: string;
  /** Whether it was understood after others itself, so that words of those are in its text. */
  readonly isRead?: boolean;
  readonly text: string;
  readonly borrowed: readonly Borrowed[];
}

/** In which ways a follow-up may be meant, the likeliest first. */
export interface FollowUp {
  /** False where the question may as well stand by itself, which is then asked too. */
  readonly sure: boolean;
  readonly texts: readonly string[];
}

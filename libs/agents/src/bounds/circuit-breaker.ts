/** What is known of a peer that may be out of order. Kept by whoever calls it; times are milliseconds. */
export interface Circuit {
  /** Calls in a row that it did not answer. */
  readonly unanswered: number;
  /** Before this time it is not called. */
  readonly restsUntil: number;
}

/** A peer of which nothing bad is known. */
export const WORKING: Circuit = { unanswered: 0, restsUntil: 0 };

const MOST_UNANSWERED = 5;
const FIRST_REST_MS = 5000;
const LONGEST_REST_MS = 300_000;

/**
 * Whether the peer may be called now, and what is known of it from then on. After five calls in a row without an answer
 * it rests, each time twice as long, up to five minutes. Then one call tries it; others wait for that one, or for as
 * long as it rested should the caller be lost.
 */
export function admit(
  circuit: Circuit,
  now: number,
): { readonly circuit: Circuit } | { readonly retryAfterMs: number } {
  if (circuit.unanswered < MOST_UNANSWERED) return { circuit };
  if (now < circuit.restsUntil) return { retryAfterMs: circuit.restsUntil - now };
  return { circuit: { ...circuit, restsUntil: now + restAfter(circuit.unanswered) } };
}

/**
 * What is known after a call, by the kind of its outcome: `not-sent` and `unknown` mean that nobody answered, unless
 * it is said that somebody did; every other that somebody did, be it wrongly or with an error.
 */
export function afterCall(
  circuit: Circuit,
  { kind, isAnswer = false }: { readonly kind: string; readonly isAnswer?: boolean },
  now: number,
): Circuit {
  if (isAnswer || (kind !== 'not-sent' && kind !== 'unknown')) return WORKING;
  const unanswered = circuit.unanswered + 1;
  const isOpen = unanswered >= MOST_UNANSWERED;
  return { unanswered, restsUntil: isOpen ? now + restAfter(unanswered) : 0 };
}

function restAfter(unanswered: number): number {
  return Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** Math.min(20, unanswered - MOST_UNANSWERED));
}

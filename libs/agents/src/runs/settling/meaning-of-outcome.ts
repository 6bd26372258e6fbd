import type { CallOutcome } from '../../peers/call-outcome.js';

/** What becomes of a step after a call. */
export type Meaning =
  | 'succeeded'
  /** It is over, and nothing happened. */
  | 'failed'
  /** It may have taken effect. */
  | 'unknown'
  /** It may have taken effect, and the server is asked again later. */
  | 'unknown-later'
  /** Nothing was sent: what was counted and allowed is given back, and it is tried again. */
  | 'given-back'
  /** The server describes the tool in another way: nothing was sent, now or, the second, this time. */
  | 'suspended'
  | 'suspended-unknown';

/**
 * What an outcome means. What an earlier attempt may have done is not undone by a later one that did nothing: then only
 * a result settles it.
 */
export function meaningOf(
  kind: CallOutcome['kind'],
  { isRead, mayHaveBeen, isLast }: { isRead: boolean; mayHaveBeen: boolean; isLast: boolean },
): Meaning {
  if (kind === 'result') return 'succeeded';
  if (mayHaveBeen && !isRead) return meaningOfAnother(kind, isLast);
  if (kind === 'drift') return 'suspended';
  if (kind === 'not-sent') return 'given-back';
  if (kind === 'unknown') return 'unknown';
  // A server that says something of no use to a read did nothing either.
  return kind === 'invalid' && !isRead ? 'unknown' : 'failed';
}

function meaningOfAnother(kind: CallOutcome['kind'], isLast: boolean): Meaning {
  if (kind === 'drift') return 'suspended-unknown';
  return kind === 'not-sent' && !isLast ? 'unknown-later' : 'unknown';
}

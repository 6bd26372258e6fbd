import type { DefinitionChange } from '@belay/contracts';

/** What is known after a call. `reason` is in our words: none of it is the server's. */
export type CallOutcome =
  | { readonly kind: 'result'; readonly value: unknown }
  /** The server says that it did not do it. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** The server asks for something that it is not given. */
  | { readonly kind: 'needs-input'; readonly reason: string }
  /** The server describes the tool in another way than was approved; nothing was sent. */
  | { readonly kind: 'drift'; readonly changes: DefinitionChange[] }
  /** The server cannot have seen the call. */
  | { readonly kind: 'not-sent'; readonly reason: string }
  /** The server answered, but not as the contract says: it may or may not have done it. */
  | { readonly kind: 'invalid'; readonly reason: string }
  /** It may have been seen, and there is no answer, or one that does not say how far it came. */
  | { readonly kind: 'unknown'; readonly reason: string; readonly isAnswer?: true };

/** The outcome of a call for which the server asks for what it is not given. */
export function needsInput(): CallOutcome {
  return {
    kind: 'needs-input',
    reason: 'The server asks for input, a model, folders or a task of its own. It is given none of them.',
  };
}

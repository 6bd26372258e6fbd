interface Change {
  readonly principal: string;
  readonly effect: string;
}

/** Whether a change takes away what a person may read themselves: a deny that is theirs, or an allow of theirs that goes. */
export function takesOwnAccess(change: 'add' | 'revoke', { principal, effect }: Change, me: string): boolean {
  const isOwn = principal === `person:${me}` || principal === 'everyone';
  return isOwn && effect === (change === 'add' ? 'deny' : 'allow');
}

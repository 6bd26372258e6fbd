/** A principal as people write it: `person:NAME`, `group:NAME`, `role:NAME` or `everyone`. */
export function parsePrincipal(reference: string): { kind: string; name: string } {
  if (reference === 'everyone') return { kind: 'everyone', name: 'everyone' };
  const colon = reference.indexOf(':');
  return { kind: reference.slice(0, colon), name: reference.slice(colon + 1) };
}

/** The inverse of parsePrincipal. */
export function formatPrincipal({ kind, name }: { kind: string; name: string }): string {
  return kind === 'everyone' ? 'everyone' : `${kind}:${name}`;
}

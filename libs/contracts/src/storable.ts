const REPLACED = '\ufffd';
const HALF = /\p{Surrogate}/u;

/** Whether a database keeps all text of a JSON value, names of members included: no NUL, no half of a pair. */
export function isStorable(value: unknown): boolean {
  const open: unknown[] = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next === 'string') {
      if (next.includes('\0') || HALF.test(next)) return false;
    } else if (typeof next === 'object' && next !== null) {
      for (const [name, member] of Object.entries(next)) open.push(name, member);
    }
  }
  return true;
}

/** A text as a database keeps it: what it could not keep is replaced. */
export function storable(text: string): string {
  return text.replaceAll('\0', REPLACED).replaceAll(/\p{Surrogate}/gu, REPLACED);
}

const REPLACED = '\ufffd';
const HALF = /\p{Surrogate}/u;

/** What is said of a text that is not storable. */
export const NOT_STORABLE = 'holds a character that cannot be kept: NUL, or half of a surrogate pair';

/** Whether a database keeps all text of a JSON value, names of members included: no NUL, no half of a pair. */
export const isStorable = (value: unknown): boolean => findUnstorable(value) === undefined;

/** Where in a JSON value the first text stands that a database does not keep; undefined where there is none. */
export function findUnstorable(value: unknown): readonly PropertyKey[] | undefined {
  const open: { at: readonly PropertyKey[]; value: unknown }[] = [{ at: [], value }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { at, value: held } = next;
    if (typeof held === 'string' && !isKept(held)) return at;
    if (typeof held !== 'object' || held === null) continue;
    const members = Object.entries(held);
    if (!members.every(([name]) => isKept(name))) return at;
    for (const [name, member] of members)
      open.push({ at: [...at, Array.isArray(held) ? Number(name) : name], value: member });
  }
  return undefined;
}

const isKept = (text: string): boolean => !text.includes('\0') && !HALF.test(text);

/** A text as a database keeps it: what it could not keep is replaced. */
export function storable(text: string): string {
  return text.replaceAll('\0', REPLACED).replaceAll(/\p{Surrogate}/gu, REPLACED);
}

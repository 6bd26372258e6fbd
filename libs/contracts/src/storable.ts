const REPLACED = '\ufffd';
const HALF = /\p{Surrogate}/u;

/** What is said of a text that is not storable. */
export const NOT_STORABLE = 'holds a character that cannot be kept: NUL, or half of a surrogate pair';

/** Whether a database keeps all text of a JSON value, names of members included: no NUL, no half of a pair. */
export const isStorable = (value: unknown): boolean => findUnstorable(value) === undefined;

interface Placed {
  readonly value: unknown;
  readonly name?: PropertyKey;
  readonly within?: Placed;
}

/** Where in a JSON value a text stands that a database does not keep; undefined where there is none. */
export function findUnstorable(value: unknown): readonly PropertyKey[] | undefined {
  const open: Placed[] = [{ value }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { value: held } = next;
    if (typeof held === 'string' && !isKept(held)) return pathOf(next);
    if (typeof held !== 'object' || held === null) continue;
    const isList = Array.isArray(held);
    for (const [name, member] of Object.entries(held)) {
      if (!isList && !isKept(name)) return pathOf(next);
      open.push({ value: member, name: isList ? Number(name) : name, within: next });
    }
  }
  return undefined;
}

function pathOf({ name, within }: Placed): readonly PropertyKey[] {
  const names: PropertyKey[] = [];
  for (let [at, up] = [name, within]; at !== undefined; [at, up] = [up?.name, up?.within]) names.unshift(at);
  return names;
}

const isKept = (text: string): boolean => !text.includes('\0') && !HALF.test(text);

/** A text as a database keeps it: what it could not keep is replaced. */
export function storable(text: string): string {
  return text.replaceAll('\0', REPLACED).replaceAll(/\p{Surrogate}/gu, REPLACED);
}

/** A value inside a JSON value that holds no other, by its JSON Pointer. */
export interface Leaf {
  readonly at: string;
  readonly value: unknown;
  /** Which tokens of the pointer are places in lists. */
  readonly inLists: readonly boolean[];
}

/** Everything that a JSON value says, in its order; an empty list or object is a leaf too, and what `isLeaf` says. */
export function leavesOf(value: unknown, isLeaf: (value: object) => boolean = () => false): Leaf[] {
  return leavesBelow({ at: '', value, inLists: [] }, isLeaf);
}

function leavesBelow(leaf: Leaf, isLeaf: (value: object) => boolean): Leaf[] {
  const { at, value, inLists } = leaf;
  if (typeof value !== 'object' || value === null || isLeaf(value)) return [leaf];
  const members = Object.entries(value);
  if (members.length === 0) return [leaf];
  const inner = [...inLists, Array.isArray(value)];
  return members.flatMap(([key, member]) => {
    const token = key.replaceAll('~', '~0').replaceAll('/', '~1');
    return leavesBelow({ at: `${at}/${token}`, value: member, inLists: inner }, isLeaf);
  });
}

/** Whether one JSON Pointer is another, or inside or around it. */
export function touches(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
}

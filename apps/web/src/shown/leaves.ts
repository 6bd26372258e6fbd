/** A value inside a JSON value that holds no other, by its JSON Pointer. */
export interface Leaf {
  readonly at: string;
  readonly value: unknown;
}

/** Everything that a JSON value says, in its order; an empty list or object is a leaf too, and what `isLeaf` says. */
export function leavesOf(value: unknown, at = '', isLeaf: (value: object) => boolean = () => false): Leaf[] {
  if (typeof value !== 'object' || value === null || isLeaf(value)) return [{ at, value }];
  const members = Object.entries(value);
  if (members.length === 0) return [{ at, value }];
  return members.flatMap(([key, member]) =>
    leavesOf(member, `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`, isLeaf),
  );
}

/** Whether one JSON Pointer is another, or inside or around it. */
export function touches(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
}

import { Reference } from '@belay/contracts';
import { asToken } from '../contracts/schema-at.js';

const MOST_NODES = 10_000;

/** A reference within arguments, and its place there as a JSON Pointer. */
export interface FoundReference {
  readonly at: string;
  readonly reference: Reference;
}

/** The references in the arguments of a call, in order of their places. Undefined for arguments out of bounds. */
export function referencesIn(template: unknown): FoundReference[] | undefined {
  const found: FoundReference[] = [];
  const open: { readonly node: unknown; readonly at: string }[] = [{ node: template, at: '' }];
  let seen = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, at } = next;
    if (typeof node !== 'object' || node === null) continue;
    const reference = Reference.safeParse(node);
    if (reference.success) {
      found.push({ at, reference: reference.data });
      continue;
    }
    const members = Object.entries(node);
    seen += members.length;
    if (seen > MOST_NODES) return undefined;
    for (const [key, child] of members.reverse()) open.push({ node: child, at: `${at}/${asToken(key)}` });
  }
  return found;
}

import { tokensOf, valueAt } from '../contracts/schema-at.js';
import type { DigestOf } from './salted-digest.js';

/** A value whose parts at these JSON Pointers are digests instead. */
export function redacted(value: unknown, pointers: readonly string[], digestOf: DigestOf): unknown {
  return pointers.reduce((whole, pointer) => {
    const part = valueAt(whole, pointer);
    return part === undefined ? whole : replaced(whole, tokensOf(pointer), digestOf(part));
  }, value);
}

function replaced(node: unknown, [token, ...rest]: readonly string[], by: string): unknown {
  if (token === undefined) return by;
  if (Array.isArray(node))
    return node.map((child, at) => (String(at) === token ? replaced(child, rest, by) : child));
  const members = Object.entries(node as Record<string, unknown>);
  return Object.fromEntries(
    members.map(([key, child]) => [key, key === token ? replaced(child, rest, by) : child]),
  );
}

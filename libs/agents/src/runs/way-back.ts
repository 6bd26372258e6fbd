import type { ToolContract } from '@belay/contracts';
import { valueAt, tokensOf } from '../contracts/schema-at.js';

/** How a call can be taken back, in words; null where it cannot. */
export function wayBackOf(contract: ToolContract, compensation: ToolContract | undefined): string | null {
  if (!compensation) return null;
  const hours = contract.effect.reversibleForHours;
  return `${compensation.title}${hours === undefined ? '' : `, within ${hours} hours`}`;
}

/** The arguments of a compensation or probe, from what is journaled of the call alone; nothing where a part is not. */
export function argumentsFrom(
  template: Readonly<Record<string, unknown>>,
  call: { readonly input: unknown; readonly result?: unknown },
): Record<string, unknown> | undefined {
  const made: Record<string, unknown> = {};
  for (const [pointer, source] of Object.entries(template)) {
    const value = resolve(source, call);
    if (value === undefined) return undefined;
    put(made, tokensOf(pointer), value);
  }
  return made;
}

function resolve(source: unknown, { input, result }: { input: unknown; result?: unknown }): unknown {
  if (typeof source !== 'string') return source;
  const reference = /^\$(input|result)(\/.*)?$/s.exec(source);
  if (!reference) return source;
  return valueAt(reference[1] === 'input' ? input : result, reference[2] ?? '');
}

function put(root: Record<string, unknown>, tokens: readonly string[], value: unknown): void {
  const [last] = tokens.slice(-1);
  if (last === undefined) {
    Object.assign(root, value);
    return;
  }
  let node = root;
  for (const token of tokens.slice(0, -1)) {
    if (!Object.hasOwn(node, token)) define(node, token, {});
    node = node[token] as Record<string, unknown>;
  }
  define(node, last, value);
}

// A member named __proto__ is a member like any other.
function define(node: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(node, key, { value, enumerable: true, writable: true, configurable: true });
}

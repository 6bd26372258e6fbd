import { ONLY_IF_THERE, type ToolContract } from '@belay/contracts';
import { valueAt, tokensOf } from '../../contracts/schema-at.js';

/**
 * What is known of a way back before a call is made: a contract that restores what was there has none where nothing is
 * (`final`), and may have none as long as nobody looked (`if-there`).
 */
export type Foreseen = 'sure' | 'if-there' | 'final';

/** How a call can be taken back, in words; null where it cannot. */
export function wayBackOf(
  contract: ToolContract,
  compensation: ToolContract | undefined,
  foreseen: Foreseen = 'sure',
): string | null {
  if (!compensation || foreseen === 'final') return null;
  const hours = contract.effect.reversibleForHours;
  const way = `${compensation.title}${hours === undefined ? '' : `, within ${hours} hours`}`;
  return foreseen === 'sure' ? way : `${way}, ${ONLY_IF_THERE}`;
}

/** What is journaled of a call. */
export interface JournaledCall {
  readonly input: unknown;
  readonly result?: unknown;
  /** What was there before, as its snapshot gave it. */
  readonly former?: unknown;
  /** The key that it carries, the same in every attempt. */
  readonly key?: string | undefined;
}

/** The arguments of a compensation or probe, from what is journaled of the call alone; nothing where a part is not. */
export function argumentsFrom(
  template: Readonly<Record<string, unknown>>,
  call: JournaledCall,
): Record<string, unknown> | undefined {
  const made: Record<string, unknown> = {};
  for (const [pointer, source] of Object.entries(template)) {
    const value = resolveSource(source, call);
    if (value === undefined) return undefined;
    put(made, tokensOf(pointer), value);
  }
  return made;
}

/** The value that a source such as "$key" or "$input/path" names; a constant is itself. */
export function resolveSource(source: unknown, call: JournaledCall): unknown {
  if (typeof source !== 'string') return source;
  if (source === '$key') return call.key;
  const [, part, pointer = ''] = /^\$(input|result|former)(\/.*)?$/s.exec(source) ?? [];
  if (part === undefined) return source;
  const [head = '', ...rest] = pointer.split('/*');
  return elementsAt(valueAt(call[part as Exclude<keyof JournaledCall, 'key'>], head), rest);
}

// Each "*" goes on in every element; one that lacks the place makes the whole unknown.
function elementsAt(value: unknown, [next, ...rest]: readonly string[]): unknown {
  if (next === undefined) return value;
  if (!Array.isArray(value)) return undefined;
  const found = value.map((element) => elementsAt(valueAt(element, next), rest));
  return found.includes(undefined) ? undefined : found;
}

function put(root: Record<string, unknown>, tokens: readonly string[], value: unknown): void {
  const [last] = tokens.slice(-1);
  if (last === undefined) {
    Object.assign(root, value);
    return;
  }
  let node = root;
  tokens.slice(0, -1).forEach((token, index) => {
    // An index makes a list.
    if (!Object.hasOwn(node, token)) define(node, token, /^\d+$/.test(tokens[index + 1] ?? '') ? [] : {});
    node = node[token] as Record<string, unknown>;
  });
  define(node, last, value);
}

// A member named __proto__ is a member like any other.
function define(node: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(node, key, { value, enumerable: true, writable: true, configurable: true });
}

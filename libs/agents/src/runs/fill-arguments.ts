import { Reference } from '@belay/contracts';
import { DomainError } from '@belay/errors';
import { asToken, isWithin, valueAt } from '../contracts/schema-at.js';
import { join, type Label, labelIn, type Labelled, SYSTEM } from './labels.js';

/** Arguments with values in place of references, and the label of everything in them, by JSON Pointer. */
export interface Filled {
  readonly value: Record<string, unknown>;
  readonly labels: ReadonlyMap<string, Label>;
}

/** Who could have chosen a literal of a plan, and the names of the members that lead to a place. */
export interface LiteralLabels {
  value(literal: unknown, at: string): Label;
  names(at: string): Label;
}

const MOST_NODES = 10_000;
const MOST_DEPTH = 40;
const MOST_BYTES = 256 * 1024;

/**
 * Puts the results of earlier steps where a plan refers to them. Literals have the label of whoever made the plan, or
 * each its own. Throws `request.invalid` where a step or a place that is referred to is not there, unless such references
 * are kept.
 */
export function fillArguments(
  template: Readonly<Record<string, unknown>>,
  literal: Label | LiteralLabels,
  results: ReadonlyMap<string, Labelled>,
  { keepsUnknown = false } = {},
): Filled {
  const labels = new Map<string, Label>();
  const of: LiteralLabels = 'integrity' in literal ? { value: () => literal, names: () => SYSTEM } : literal;
  let nodes = 0;
  let bytes = 0;
  // The same large value may be referred to many times.
  const weigh = <T>(value: T): T => {
    bytes += Buffer.byteLength(JSON.stringify(value) ?? '');
    if (bytes > MOST_BYTES)
      throw new DomainError('request.invalid', 'The arguments of a step are larger than 256 kB.');
    return value;
  };
  const refer = (reference: Reference, at: string, written: unknown): unknown => {
    const found = lookUp(reference, results);
    if (!found && keepsUnknown) return weigh(written);
    if (!found) throw nothingAt(reference);
    labels.set(at, join(found.label, of.names(at)));
    return weigh(found.value);
  };
  const fill = (node: unknown, at: string, depth: number): unknown => {
    nodes += 1;
    if (nodes > MOST_NODES || depth > MOST_DEPTH)
      throw new DomainError('request.invalid', 'The arguments of a step are too large or too deep.');
    const reference = Reference.safeParse(node).data;
    if (reference) return refer(reference, at, node);
    // That nothing is in a list or an object was chosen, too.
    if (typeof node !== 'object' || node === null || Object.keys(node).length === 0)
      labels.set(at, join(of.value(node, at), of.names(at)));
    if (typeof node !== 'object' || node === null) return weigh(node);
    if (Array.isArray(node)) return node.map((child, index) => fill(child, `${at}/${index}`, depth + 1));
    const members = Object.entries(node).map(([key, child]) => [
      key,
      fill(child, `${at}/${asToken(key)}`, depth + 1),
    ]);
    return Object.fromEntries(members) as Record<string, unknown>;
  };
  return { value: fill(template, '', 0) as Record<string, unknown>, labels };
}

function lookUp({ $from, at }: Reference, results: ReadonlyMap<string, Labelled>): Labelled | undefined {
  const source = results.get($from);
  const value = source && valueAt(source.value, at);
  return source && value !== undefined ? { value, label: labelIn(source, at) } : undefined;
}

const nothingAt = ({ $from, at }: Reference): DomainError =>
  new DomainError('request.invalid', `The step ${$from} has no result at ${at || 'its root'}.`);

/** The label of everything at or below a place, joined; undefined where nothing is there. An index stands for all. */
export function labelAt({ labels }: Filled, pointer: string): Label | undefined {
  return (
    [...labels]
      // A reference to a whole object labels what is below it, too.
      .filter(([at]) => isWithin(at, pointer) || isWithin(pointer, at))
      .map(([, label]) => label)
      .reduce<Label | undefined>((all, one) => (all ? join(all, one) : one), undefined)
  );
}

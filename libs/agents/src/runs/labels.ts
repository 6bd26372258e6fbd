import type { Sink } from '@belay/contracts';
import { tokensOf } from '../contracts/schema-at.js';

/** Who could have chosen a value: we, the person whose run it is, or anybody. */
export type Integrity = 'system' | 'user' | 'untrusted';

/**
 * What is known of a value: who could have chosen it, who may read it (ids of persons; null is everybody), which servers
 * it came from, and of which documents there may be something in it. It goes with the value wherever it flows (Denning
 * 1976; FIDES, arXiv 2505.23643).
 */
export interface Label {
  readonly integrity: Integrity;
  readonly readers: ReadonlySet<number> | null;
  readonly origins: ReadonlySet<string>;
  readonly documents: ReadonlySet<string>;
}

/** A value with its label. */
export interface Labelled {
  readonly value: unknown;
  readonly label: Label;
  /** Of its members that have labels of their own, by name. */
  readonly members?: ReadonlyMap<string, Label>;
}

const ORDER: readonly Integrity[] = ['system', 'user', 'untrusted'];

/** What we wrote ourselves, such as a contract or a registered playbook. */
export const SYSTEM: Label = { integrity: 'system', readers: null, origins: new Set(), documents: new Set() };

/** The label of what was made from two values: the less trusted of both, for those who may read both. */
export function join(a: Label, b: Label): Label {
  const integrity = ORDER.indexOf(a.integrity) >= ORDER.indexOf(b.integrity) ? a.integrity : b.integrity;
  return {
    integrity,
    readers: common(a.readers, b.readers),
    origins: new Set([...a.origins, ...b.origins]),
    documents: new Set([...a.documents, ...b.documents]),
  };
}

function common(a: Label['readers'], b: Label['readers']): Label['readers'] {
  if (a === null) return b;
  if (b === null) return a;
  return new Set([...a].filter((reader) => b.has(reader)));
}

/** The label of what lies at a place in a value. */
export function labelIn({ label, members }: Labelled, at: string): Label {
  const [name] = tokensOf(at);
  return (name === undefined ? undefined : members?.get(name)) ?? label;
}

/** Whether a value may decide what a sink decides without a person having seen it. Content decides nothing. */
export function mayDecide({ integrity }: Label, sink: Sink): boolean {
  return sink === 'content' || integrity !== 'untrusted';
}

/** Whether everybody in `audience` (null: everybody there is) may read a value with this label. */
export function mayFlowTo({ readers }: Label, audience: ReadonlySet<number> | null): boolean {
  if (readers === null) return true;
  return audience !== null && [...audience].every((reader) => readers.has(reader));
}

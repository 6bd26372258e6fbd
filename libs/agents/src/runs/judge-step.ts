import type { HoldReason, Sink, ToolContract } from '@belay/contracts';
import type { Holds } from './bounds.js';
import { type Filled, labelAt } from './fill-arguments.js';
import { join, type Integrity, type Label, mayDecide, mayFlowTo } from './labels.js';

/** What is known when a step is judged. */
export interface StepFacts {
  readonly contract: ToolContract;
  readonly filled: Filled;
  /** The label of what decided that the step runs. */
  readonly control: Label;
  /** Whether a planner added it after untrusted text had been read. */
  readonly isLate: boolean;
  readonly readUntrusted: boolean;
  readonly readPrivate: boolean;
  /** Who sees in the tool what is put there; null: everybody. */
  readonly audience: ReadonlySet<number> | null;
}

/** An argument that decides something, and who could have chosen it. */
export interface JudgedSink {
  readonly at: string;
  readonly sink: Sink;
  readonly integrity: Integrity;
}

export interface Judgement {
  /** Why it must not happen, whoever allows it. */
  readonly refusal?: string;
  /** Why it waits for a person; nothing where it does not. */
  readonly reasons: readonly HoldReason[];
  readonly sinks: readonly JudgedSink[];
}

/**
 * Whether a step may happen by the labels of what flows into it: text that nobody of us wrote decides neither
 * recipient nor path nor amount, nothing reaches whoever may not read it, and whoever read untrusted text and private
 * data acts only with a person's consent (rule of two).
 */
export function judgeStep(facts: StepFacts, holds: Holds): Judgement {
  const { contract, filled } = facts;
  const sinks = Object.entries(contract.input.sinks).flatMap(([at, sink]) => {
    const label = labelAt(filled, at);
    return label ? [{ at, sink, label, integrity: label.integrity }] : [];
  });
  const tainted = sinks.filter(
    ({ sink, label }) => !mayDecide(label, sink) && !returnsToItsOrigin(facts, sink, label),
  );
  const judged = sinks.map(({ at, sink, integrity }) => ({ at, sink, integrity }));
  const whole = [...filled.labels.values()].reduce((all, one) => join(all, one), facts.control);
  if (holds('audience') && !mayFlowTo(whole, facts.audience))
    return { refusal: 'It would show something to people who may not read it.', reasons: [], sinks: judged };
  const reasons = reasonsFor(facts, tainted.length > 0, holds);
  return { reasons, sinks: judged };
}

// A server that is asked about what it said itself learns nothing, and nothing happens; but an address leads elsewhere.
function returnsToItsOrigin({ contract }: StepFacts, sink: Sink, { origins }: Label): boolean {
  if (contract.effect.class !== 'read' || sink === 'url' || sink === 'recipient') return false;
  return [...origins].every((origin) => origin === contract.peer.id);
}

function reasonsFor(facts: StepFacts, isTainted: boolean, holds: Holds): HoldReason[] {
  const { contract, control, isLate, readUntrusted, readPrivate } = facts;
  const hasEffect = contract.effect.class !== 'read';
  const reasons: [HoldReason, boolean][] = [
    ['contract', contract.approval.when === 'always'],
    ['tainted-argument', holds('taint') && isTainted],
    ['tainted-decision', holds('taint') && hasEffect && control.integrity === 'untrusted'],
    ['late-step', holds('late') && hasEffect && isLate],
    ['rule-of-two', holds('rule-of-two') && hasEffect && readUntrusted && readPrivate],
  ];
  return reasons.filter(([, applies]) => applies).map(([reason]) => reason);
}

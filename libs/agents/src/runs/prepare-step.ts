import { createHash } from 'node:crypto';
import type { ToolContract } from '@belay/contracts';
import { callFingerprint } from '../bounds/loop-detection.js';
import { canonicalJson } from '../contracts/canonical-json.js';
import { valueAt } from '../contracts/schema-at.js';
import type { ReadyStep } from '../plans/unfold.js';
import type { Holds } from './bounds.js';
import type { ReadyContract } from './contract-library.js';
import { fillArguments, type LiteralLabels } from './fill-arguments.js';
import { type Judgement, judgeStep, type StepFacts } from './judge-step.js';
import { join, type Label } from './labels.js';
import type { DigestOf } from './salted-digest.js';
import { wayBackOf } from './undo/way-back.js';

/** A call with everything that is decided about it before it may be intended. */
export interface PreparedStep {
  readonly id: string;
  readonly contract: ReadyContract;
  readonly arguments: Record<string, unknown>;
  /** Canonical JSON. */
  readonly text: string;
  readonly judgement: Judgement;
  readonly items: number;
  /** What is said of its way back, and the contract that it is. */
  readonly wayBack: string | null;
  readonly undo: ToolContract | undefined;
  readonly key: string;
  /** The same for the same contract and arguments. */
  readonly callDigest: string;
  /** Who may read everything in the arguments; null: everybody. */
  readonly readers: ReadonlySet<number> | null;
  /** Of which documents there may be something in them. */
  readonly documents: ReadonlySet<string>;
  readonly isLate: boolean;
  /** What had been read when it was judged. */
  readonly judgedAfter: { readonly readUntrusted: boolean; readonly readPrivate: boolean };
  readonly previewDigest: string | null;
}

export interface Surroundings extends Pick<
  StepFacts,
  'isLate' | 'readUntrusted' | 'readPrivate' | 'audience'
> {
  readonly tenant: number;
  readonly run: string;
  readonly literal: Label | LiteralLabels;
  /** The contract that takes it back. */
  readonly undo: ToolContract | undefined;
  readonly previewDigest: string | null;
  readonly digestOf: DigestOf;
  readonly holds: Holds;
}

/** Fills, checks and judges a call; a text says why it cannot be made. */
export function prepareStep(
  ready: ReadyStep & { node: { arguments: Record<string, unknown> } },
  contract: ReadyContract,
  around: Surroundings,
): PreparedStep | string {
  const filled = fillArguments(ready.node.arguments, around.literal, ready.values);
  const problem = around.holds('input') ? contract.checkInput.brokenRuleInWords(filled.value) : undefined;
  // Whoever sees that there is a run reads it.
  if (problem !== undefined) return `Its arguments do not fit the contract: ${problem}.`;
  const { document } = contract;
  const items = countItems(filled.value, document.effect.blast.items);
  if (around.holds('blast') && items > document.effect.blast.maxItems)
    return `It would touch ${items} of ${document.effect.blast.resource}; a call may touch ${document.effect.blast.maxItems}.`;
  const judgement = judgeStep(
    { ...around, contract: document, filled, control: ready.control },
    around.holds,
  );
  if (judgement.refusal !== undefined) return judgement.refusal;
  const whole = [...filled.labels.values()].reduce((all, one) => join(all, one), ready.control);
  return {
    id: ready.id,
    contract,
    arguments: filled.value,
    text: canonicalJson(filled.value),
    judgement,
    items,
    wayBack: wayBackOf(document, around.undo),
    undo: around.undo,
    key: keyOf([around.tenant, around.run, ready.id, contract.name, around.digestOf(filled.value)]),
    callDigest: callFingerprint(document.contract, around.digestOf(filled.value)),
    readers: whole.readers,
    documents: whole.documents,
    isLate: around.isLate,
    judgedAfter: { readUntrusted: around.readUntrusted, readPrivate: around.readPrivate },
    previewDigest: around.previewDigest,
  };
}

function countItems(args: Record<string, unknown>, pointer: string | undefined): number {
  const found = pointer === undefined ? undefined : valueAt(args, pointer);
  return Array.isArray(found) ? Math.max(1, found.length) : 1;
}

/** The key of a call: the same in every attempt, and another for every other call. */
export function keyOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(canonicalJson(parts)).digest('hex');
}

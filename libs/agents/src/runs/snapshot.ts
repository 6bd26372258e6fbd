import { canonicalJson } from '../contracts/canonical-json.js';
import { valueAt } from '../contracts/schema-at.js';
import type { CallOutcome } from '../peers/call-outcome.js';
import { ask } from './ask.js';
import type { ReadyContract } from './contract-library.js';
import type { StepServices } from './step-services.js';
import { resolveSource } from './undo/way-back.js';
import type { Work } from './work.js';

/** What is where a call is going to write: something, nothing as far as its server says, or what cannot be told. */
export type Snapshot =
  | { readonly kind: 'there'; readonly value: unknown }
  | { readonly kind: 'nothing' }
  | { readonly kind: 'later' | 'unreadable'; readonly reason: string };

/**
 * Reads what a call overwrites, by the contract that is named for it. Undefined where none is named; throws AskAgain
 * where its limits are reached.
 */
export async function takeSnapshot(
  services: StepServices,
  work: Work,
  { document }: ReadyContract,
  input: Record<string, unknown>,
): Promise<Snapshot | undefined> {
  if (!document.snapshot) return undefined;
  const { contract, args } = document.snapshot;
  const purpose = work.lease.run.state === 'compensating' ? 'undo' : 'do';
  const outcome = await ask(services, work, { contract, args, purpose, call: { input } });
  if (!outcome) return { kind: 'unreadable', reason: `What is there cannot be read by ${contract}.` };
  return snapshotOf(outcome);
}

function snapshotOf(outcome: CallOutcome): Snapshot {
  if (outcome.kind === 'result') return { kind: 'there', value: outcome.value };
  if (outcome.kind === 'refused') return { kind: 'nothing' };
  if (outcome.kind === 'not-sent' || outcome.kind === 'unknown')
    return { kind: 'later', reason: 'The server did not say what is there now; it is asked again.' };
  return {
    kind: 'unreadable',
    reason: 'What is there now cannot be read, so that it could not be restored.',
  };
}

/** Whether what is there is still as a call left it, as far as its contract says what that is. */
export function isAsLeft({ document }: ReadyContract, input: unknown, now: unknown): boolean {
  return Object.entries(document.snapshot?.becomes ?? {}).every(
    ([pointer, source]) =>
      canonicalJson(valueAt(now, pointer) ?? null) ===
      canonicalJson(resolveSource(source, { input }) ?? null),
  );
}

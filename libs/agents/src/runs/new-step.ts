import type { StepState } from '@belay/contracts';
import type { ReadyContract } from './contract-library.js';
import type { PreparedStep } from './prepare-step.js';
import type { NewStep } from './run-records.js';

/** A call as it first stands in its run. */
export function newStep(step: PreparedStep, state: StepState, reason: string | null): NewStep {
  const { contract, judgement } = step;
  return {
    id: step.id,
    contract: contract.document,
    digest: contract.digest,
    callDigest: step.callDigest,
    title: contract.document.title,
    state,
    reason,
    tainted: judgement.sinks
      .filter(({ integrity, sink }) => integrity === 'untrusted' && sink !== 'content')
      .map(({ at }) => at),
    items: step.items,
    wayBack: step.wayBack,
    isLate: step.isLate,
    key: step.key,
    arguments: step.text,
  };
}

/** A call that cannot be made, as it stands in its run. */
export function refusedStep(id: string, reason: string, contract: ReadyContract | undefined): NewStep {
  return {
    id,
    contract: contract?.document ?? null,
    digest: contract?.digest ?? null,
    callDigest: null,
    title: contract?.document.title ?? 'A call that cannot be made',
    state: 'failed',
    reason,
    tainted: [],
    items: 1,
    wayBack: null,
    isLate: false,
    key: null,
    arguments: null,
  };
}

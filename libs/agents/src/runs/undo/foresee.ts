import type { ToolContract } from '@belay/contracts';
import { AskAgain } from '../ask.js';
import type { ReadyContract } from '../contract-library.js';
import type { Judgement } from '../judge-step.js';
import { type Snapshot, takeSnapshot } from '../snapshot.js';
import type { StepServices } from '../step-services.js';
import type { Work } from '../work.js';
import type { Foreseen } from './way-back.js';

/** A call of which its arguments are known, and how it was judged. */
interface Coming {
  readonly contract: ReadyContract;
  readonly arguments: Record<string, unknown>;
  readonly judgement: Judgement;
}

/**
 * Whether a call can be taken back, found out before it is made: by the read that its contract names, and only where
 * what is asked was decided by nobody whom somebody has to allow first, and looking needs no approval of its own.
 */
export async function foresee(services: StepServices, work: Work, coming: Coming): Promise<Foreseen> {
  const { contract, judgement } = coming;
  if (!contract.document.snapshot) return 'sure';
  const isHeld = judgement.refusal !== undefined || judgement.reasons.some((reason) => reason !== 'contract');
  if (isHeld || (await isAskedFor(services, work, contract.document.snapshot.contract))) return 'if-there';
  try {
    return foreseenBy(contract.document, await takeSnapshot(services, work, contract, coming.arguments));
  } catch (error) {
    // It is looked at again before it is made.
    if (error instanceof AskAgain) return 'if-there';
    throw error;
  }
}

/** Whether somebody has to allow each call of the contract that would look. */
async function isAskedFor({ library }: StepServices, work: Work, range: string): Promise<boolean> {
  const reading = await work.lease.read((tx) => library.find(tx, range));
  return reading?.document.approval.when === 'always';
}

/** What a look at what is there means for the way back of a call. */
export function foreseenBy({ snapshot }: ToolContract, former: Snapshot | undefined): Foreseen {
  if (!snapshot || former?.kind === 'there') return 'sure';
  return former?.kind === 'nothing' ? 'final' : 'if-there';
}

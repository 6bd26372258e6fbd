import { Playbook } from '@belay/contracts';
import { DomainError } from '@belay/errors';
import { readDocument } from '../contracts/read-contract.js';
import { problemOf } from '../plans/bound-plan.js';

/** A playbook from its text, as `readDocument`; its steps keep the bounds of plans. */
export function readPlaybook(text: string): { document: Playbook; digest: string } {
  const found = readDocument(Playbook, text, 'playbook');
  const problem = problemOf(found.document.steps);
  if (problem !== undefined) throw new DomainError('contracts.invalid', `This is not a playbook. ${problem}`);
  return found;
}

import type { PeerPool } from '../peers/peer-pool.js';
import type { AdmissionDesk } from './admission.js';
import type { ApprovalRepository } from './approvals/approval.repository.js';
import type { Holds } from './bounds.js';
import type { ContractLibrary } from './contract-library.js';
import type { RunRepository } from './run.repository.js';

/** What steps are carried out with. */
export interface StepServices {
  readonly runs: RunRepository;
  readonly approvals: ApprovalRepository;
  readonly library: ContractLibrary;
  readonly pool: Pick<PeerPool, 'call'>;
  readonly desk: AdmissionDesk;
  readonly holds: Holds;
}

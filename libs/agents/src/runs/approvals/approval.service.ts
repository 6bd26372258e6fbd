import { recordLeaf } from '@belay/audit';
import { type Approval, type ApprovalPage, type DecideApproval, isOver } from '@belay/contracts';
import type { Database, Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';
import { textDigest } from './approval-text.js';
import type { RunVault } from '../run-vault.js';
import { type ApprovalViewRow, RunViewRepository } from '../run-view.repository.js';

const WITHHELD = 'It holds something of a document that you may not read.';

/**
 * Decisions about single calls. A grant is of exactly the bytes that were read, is used once, and ends by itself. Where
 * a contract asks for it, nobody allows what they asked for; row security shows an approval only to somebody who may
 * read everything in it.
 */
export class ApprovalService {
  private readonly views: RunViewRepository;

  constructor(
    private readonly database: Database,
    private readonly wake: (run: string) => Promise<void>,
    vault: RunVault,
  ) {
    this.views = new RunViewRepository(vault);
  }

  /** What waits for somebody, as far as whoever asks may read it. */
  async pending(actor: SignedIn): Promise<ApprovalPage> {
    const rows = await this.asApi(actor, (tx) => this.views.approvals(tx, actor.person));
    const approvals = rows.map((row) => view(actor, row));
    return { approvals, notShown: (rows[0]?.total ?? 0) - rows.length };
  }

  get(actor: SignedIn, id: string): Promise<Approval> {
    return this.asApi(actor, async (tx) => view(actor, await this.existing(tx, actor, id)));
  }

  /** Throws `conflict` where it was decided or is another text than was read, `auth.forbidden` for whoever may not. */
  async decide(actor: SignedIn, id: string, { digest, decision, reason }: DecideApproval): Promise<Approval> {
    const decided = await this.asApi(actor, async (tx) => {
      const row = await this.decidable(tx, actor, id, digest);
      const stopped = stoppedBy(row);
      if (decision === 'grant' && stopped !== null)
        throw new DomainError(
          'conflict',
          `${stopped} It can be allowed once that is lifted, and denied now.`,
        );
      if ((await this.views.vote(tx, id, actor.person, { decision, reason: reason ?? null })) === 0)
        throw new DomainError('conflict', 'You decided it already.');
      const isLast = row.granted.length + 1 >= row.approvers;
      if (decision === 'deny') await this.views.decide(tx, id, 'denied');
      else if (isLast) await this.views.decide(tx, id, 'granted');
      const payload = { decision, step: row.step, reason: reason ?? null };
      const leaf = { type: 'run.approve', actor: actor.person, resource: row.run, payload } as const;
      await recordLeaf(tx, actor.tenant, { ...leaf, digests: { approval: digest } });
      await this.views.move(tx, row.run, ['awaiting-approval'], { state: 'running', reason: null });
      return this.existing(tx, actor, id);
    });
    await this.wake(decided.run);
    return view(actor, decided);
  }

  /** One that may be decided now by whoever asks, locked. */
  private async decidable(
    tx: Transaction,
    actor: SignedIn,
    id: string,
    digest: string,
  ): Promise<ApprovalViewRow> {
    const run = await this.views.lockRunOf(tx, id);
    const isOpen = await this.views.lockApproval(tx, id);
    const row = await this.existing(tx, actor, id);
    if (run && isOver(run.state))
      throw new DomainError('conflict', `Its run is ${run.state}: nothing waits to be allowed any more.`);
    if (!isOpen) throw new DomainError('conflict', `It is ${row.state} already.`);
    if (row.isWithheld) throw new DomainError('auth.forbidden', WITHHELD);
    if (row.digest !== digest || row.text === null || textDigest(row.text) !== digest)
      throw new DomainError('conflict', 'This is not what was read. Look at it again.');
    const refusal = whyNot(actor, row);
    if (refusal !== null) throw new DomainError('auth.forbidden', refusal);
    return row;
  }

  private async existing(tx: Transaction, actor: SignedIn, id: string): Promise<ApprovalViewRow> {
    const [row] = await this.views.approvals(tx, actor.person, id);
    if (!row) throw new DomainError('not-found', 'There is no such request.');
    return row;
  }

  private asApi<T>(actor: SignedIn, work: (tx: Transaction) => Promise<T>): Promise<T> {
    return this.database.transaction({ role: 'api', tenant: actor.tenant, person: actor.person }, work);
  }
}

/** Why somebody may not decide, in words; null where they may. */
function whyNot(
  actor: SignedIn,
  { requesterId, separation, approvers, voted, state, isWithheld }: ApprovalViewRow,
): string | null {
  if (state !== 'pending') return `It is ${state}.`;
  if (isWithheld) return WITHHELD;
  if (voted) return 'You decided it already.';
  const isOwn = requesterId === actor.person;
  if (isOwn && (separation || approvers > 1)) return 'Somebody else than who asked for it decides.';
  if (!isOwn && !actor.roles.some((role) => role === 'approver' || role === 'admin'))
    return 'It is decided by who has the role approver or admin.';
  return null;
}

// Why a person is stopped is nobody else's business.
function stoppedBy({ stop, requester }: ApprovalViewRow): string | null {
  if (stop === null) return null;
  return stop.scope === 'person' ? `Stopped: what ${requester} does.` : `Stopped: ${stop.reason}`;
}

function view(actor: SignedIn, row: ApprovalViewRow): Approval {
  const { id, run, step, requester, state, digest, text, isWithheld, approvers, granted, denied } = row;
  const because = whyNot(actor, row);
  return {
    id,
    run,
    step,
    requester,
    state,
    expiresAt: row.expiresAt.toISOString(),
    digest,
    text: text ?? '',
    isWithheld,
    stopped: stoppedBy(row),
    approvers,
    granted,
    denied,
    mayDecide: because === null,
    because,
  };
}

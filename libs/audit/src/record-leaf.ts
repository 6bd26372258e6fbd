import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { kept, type Transaction } from '@belay/database';

/** What happened. `payload` is erasable; everything else stays in the header for good, so it holds ids only. */
export interface LeafDraft {
  /** Where the caller names it, to send what refers to it together with it; else it is made here. */
  readonly id?: string;
  readonly type:
    | 'answer.answered'
    | 'answer.abstained'
    | 'answer.feedback'
    | 'answer.delete'
    | 'feedback.export'
    | 'conversation.delete'
    | 'document.read'
    | 'document.accept'
    | 'document.delete'
    | 'permission.change'
    | 'retention.change'
    | 'source.change'
    | 'collection.calibrate'
    | 'identity.change'
    | 'auth.sign-in'
    | 'model.build'
    | 'model.gate'
    | 'model.switch'
    | 'model.return'
    | 'model.drop'
    | 'playbook.register'
    | 'playbook.approve'
    | 'playbook.retire'
    | 'tool.offer'
    | 'tool.register'
    | 'tool.approve'
    | 'tool.quarantine'
    | 'tool.retire'
    | 'tool.drift'
    | 'tool.fixture'
    | 'tool.secret'
    | 'tool.unsandboxed'
    | 'run.create'
    | 'run.start'
    | 'run.cancel'
    | 'run.approve'
    | 'run.intent'
    | 'run.undo'
    | 'run.end'
    | 'kill.set'
    | 'kill.lift'
    | 'audit.read';
  readonly actor: number | null;
  readonly resource?: string;
  readonly digests?: Record<string, string>;
  readonly payload?: Record<string, unknown>;
}

/**
 * Inserts one unsequenced leaf in the caller's transaction: if that commits, the leaf stands; if the leaf
 * cannot be written, nothing happens. The header commits to the payload by SHA-256(salt ‖ payload).
 */
export async function recordLeaf(tx: Transaction, tenant: number, draft: LeafDraft): Promise<string> {
  const leafId = draft.id ?? randomUUID();
  const salt = randomBytes(32);
  const payload = JSON.stringify(draft.payload ?? {});
  const header = JSON.stringify({
    v: 1,
    id: leafId,
    tenant,
    type: draft.type,
    actor: draft.actor,
    resource: draft.resource ?? null,
    digests: draft.digests ?? {},
    time: new Date().toISOString(),
    commitment: createHash('sha256').update(salt).update(payload).digest('hex'),
  });
  await tx.run(kept`
    with leaf as (
      insert into audit_leaf (tenant_id, leaf_id, header) values (${tenant}, ${leafId}, ${header})
    )
    insert into audit_payload (tenant_id, leaf_id, salt, payload) values (${tenant}, ${leafId}, ${salt}, ${payload})`);
  return leafId;
}

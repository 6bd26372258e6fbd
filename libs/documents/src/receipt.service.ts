import type { KeyObject } from 'node:crypto';
import { proveLeaf } from '@belay/audit';
import type { ReceiptCheck } from '@belay/contracts';
import { type Database, sql } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';

const UNKNOWN = 'There is no receipt of that leaf that you may check.';

/** Whether what a receipt says still holds: its leaf is on the ledger, and nothing of the document is left. */
export class ReceiptService {
  constructor(
    private readonly database: Database,
    private readonly ledgerKey: () => KeyObject,
  ) {}

  /** For whoever deleted the document, owns its collection, or administers. Throws `not-found` for anybody else. */
  async check(actor: SignedIn, leafId: string): Promise<ReceiptCheck> {
    const proof = await proveLeaf(this.database, actor.tenant, leafId, this.ledgerKey());
    const header =
      proof &&
      (JSON.parse(proof.header) as { type: string; actor: number | null; resource: string; time: string });
    if (!proof || header?.type !== 'document.delete') throw new DomainError('not-found', UNKNOWN);
    const document = header.resource;
    const state = await this.state(actor, document);
    const mayCheck = header.actor === actor.person || state.owns || actor.roles.includes('admin');
    if (!mayCheck) throw new DomainError('not-found', UNKNOWN);
    const isGone = Object.keys(state.remains).length === 0;
    return {
      ok: proof.included && isGone && state.buried,
      leafId,
      document,
      deletedAt: header.time,
      ledger: {
        included: proof.included,
        sequence: proof.sequence,
        size: proof.size,
        root: proof.root,
        path: [...proof.path],
      },
      buried: state.buried,
      remains: state.remains,
    };
  }

  private state(
    actor: SignedIn,
    document: string,
  ): Promise<{ remains: Record<string, number>; buried: boolean; owns: boolean }> {
    return this.database.transaction({ role: 'api', tenant: actor.tenant, person: actor.person }, (tx) =>
      tx.one(sql`
        select document_remains(${document}::uuid) as remains,
          exists (select from document_tombstone t where t.tenant_id = current_tenant()
            and t.document_id = ${document}::uuid) as buried,
          exists (select from document_tombstone t
            join collection c on c.tenant_id = t.tenant_id and c.collection_id = t.collection_id
            where t.tenant_id = current_tenant() and t.document_id = ${document}::uuid
              and c.owner_id = current_person()) as owns`),
    );
  }
}

import type { KeyObject } from 'node:crypto';
import { type Deletion, leafHeader, listDeletions, proveLeaf } from '@belay/audit';
import type { ReceiptCheck, Receipts, ReceiptsQuery } from '@belay/contracts';
import { type Database, sql, type Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';

const UNKNOWN = 'There is no receipt of that leaf that you may check.';

interface Header {
  readonly type: string;
  readonly actor: number | null;
  readonly resource: string;
  readonly time: string;
}

const KINDS: Readonly<Record<Deletion['type'], ReceiptCheck['kind']>> = {
  'document.delete': 'document',
  'answer.delete': 'answer',
};

// An answer is its person's alone. A question that failed had no leaf whose payload could be erased.
const answerState = (id: string) => sql`
  select answer_remains(${id}::uuid) as remains, false as owns,
    not exists (select from answer a where a.tenant_id = current_tenant() and a.answer_id = ${id}::uuid
      and not exists (select from audit_erasure e where e.tenant_id = a.tenant_id and e.leaf_id = a.leaf_id)) as buried`;

/** The collections that deleted documents lay in, as ids: what these are called is for whoever may see them. */
async function placesOf(tx: Transaction, documents: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const rows = await tx.many<{ document: string; collection: string }>(sql`
    select document_id as document, collection_id as collection from document_tombstone
    where tenant_id = current_tenant() and document_id = any (${documents}::uuid[])`);
  return new Map(rows.map(({ document, collection }) => [document, collection]));
}

/** Whether what a receipt says still holds: its leaf is on the ledger, and nothing of what was deleted is left. */
export class ReceiptService {
  constructor(
    private readonly database: Database,
    private readonly ledgerKey: () => KeyObject,
  ) {}

  /**
   * For whoever deleted it, owns its collection, or administers. Throws `not-found` for anybody else, before anything is
   * proved: a proof goes through the whole ledger.
   */
  async check(actor: SignedIn, leafId: string): Promise<ReceiptCheck> {
    const leaf = await leafHeader(this.database, actor.tenant, leafId);
    const header = leaf === undefined ? undefined : (JSON.parse(leaf) as Header);
    const kind = header && (KINDS as Readonly<Record<string, ReceiptCheck['kind'] | undefined>>)[header.type];
    if (leaf === undefined || !kind) throw new DomainError('not-found', UNKNOWN);
    const document = header.resource;
    const state = await this.state(actor, kind, document);
    const mayCheck = header.actor === actor.person || state.owns || actor.roles.includes('admin');
    if (!mayCheck) throw new DomainError('not-found', UNKNOWN);
    const proof = await proveLeaf(
      this.database,
      actor.tenant,
      { id: leafId, header: leaf },
      this.ledgerKey(),
    );
    const isGone = Object.keys(state.remains).length === 0;
    return {
      ok: proof.included && isGone && state.buried,
      leafId,
      kind,
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

  /** Receipts of what the person deleted, newest first. */
  async list(actor: SignedIn, page: ReceiptsQuery): Promise<Receipts> {
    return this.database.transaction(
      { role: 'api', tenant: actor.tenant, person: actor.person },
      async (tx) => {
        const { deletions, next } = await listDeletions(tx, page);
        const places = await placesOf(
          tx,
          deletions.map(({ resource }) => resource),
        );
        const receipts = deletions.map(({ type, resource, ...deletion }) => {
          const collectionId = places.get(resource) ?? null;
          return { ...deletion, kind: KINDS[type], document: resource, collectionId };
        });
        return { receipts, next };
      },
    );
  }

  private state(
    actor: SignedIn,
    kind: ReceiptCheck['kind'],
    document: string,
  ): Promise<{ remains: Record<string, number>; buried: boolean; owns: boolean }> {
    return this.database.transaction({ role: 'api', tenant: actor.tenant, person: actor.person }, (tx) =>
      tx.one(
        kind === 'answer'
          ? answerState(document)
          : sql`
        select document_remains(${document}::uuid) as remains,
          exists (select from document_tombstone t where t.tenant_id = current_tenant()
            and t.document_id = ${document}::uuid) as buried,
          exists (select from document_tombstone t
            join collection c on c.tenant_id = t.tenant_id and c.collection_id = t.collection_id
            where t.tenant_id = current_tenant() and t.document_id = ${document}::uuid
              and c.owner_id = current_person()) as owns`,
      ),
    );
  }
}

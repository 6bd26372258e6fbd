import type { ContractState, Playbook, ToolContract } from '@belay/contracts';
import { sql, type Transaction } from '@belay/database';
import { approveDocument, type DocumentTable, setDocumentAside } from '../registry/decide-document.js';

/** A playbook as it is stored. */
export interface StoredPlaybook {
  readonly playbook: string;
  readonly version: string;
  readonly digest: string;
  readonly state: ContractState;
  readonly reason: string | null;
  readonly registeredBy: string;
  readonly approvedBy: string | null;
  readonly changedAt: Date;
  readonly document: Playbook;
}

/** A playbook that the person may start. */
export interface Startable {
  readonly digest: string;
  readonly document: Playbook;
}

interface Place {
  readonly playbook: string;
  readonly version: string;
}

const TABLE: DocumentTable = { table: 'playbook', column: 'playbook' };
const ROW = sql`
  select b.playbook, b.version, b.digest, b.state, b.reason, r.name as "registeredBy", a.name as "approvedBy",
    b.changed_at as "changedAt", b.document
  from playbook b
    join principal r on r.tenant_id = b.tenant_id and r.principal_id = b.registered_by
    left join principal a on a.tenant_id = b.tenant_id and a.principal_id = b.approved_by
  where b.tenant_id = current_tenant()`;
const STARTABLE = sql`
  select digest, document from playbook
  where tenant_id = current_tenant() and state = 'approved' and is_one_of(document -> 'users')`;

/** Playbooks and their examples as vectors. A document is never changed: another one is another version. */
export class PlaybookRepository {
  list(tx: Transaction): Promise<StoredPlaybook[]> {
    return tx.many(sql`${ROW} order by b.playbook, b.registered_at`);
  }

  find(tx: Transaction, { playbook, version }: Place): Promise<StoredPlaybook | undefined> {
    return tx.maybe(sql`${ROW} and b.playbook = ${playbook} and b.version = ${version}`);
  }

  /** Those in use that the person at work may start. */
  startable(tx: Transaction): Promise<Startable[]> {
    return tx.many(sql`${STARTABLE} order by playbook, registered_at`);
  }

  findStartable(tx: Transaction, { playbook, version }: Place): Promise<Startable | undefined> {
    return tx.maybe(sql`${STARTABLE} and playbook = ${playbook} and version = ${version}`);
  }

  /** The contracts in use that may be called for the person at work. */
  callable(tx: Transaction): Promise<{ document: ToolContract }[]> {
    return tx.many(sql`select document from tool_contract
      where tenant_id = current_tenant() and state = 'approved' and is_one_of(document -> 'users')`);
  }

  /** Stores a playbook; 0 where this version is there already. */
  insert(
    tx: Transaction,
    { document, digest }: { document: Playbook; digest: string },
    person: number,
  ): Promise<number> {
    return tx.run(sql`
      insert into playbook (tenant_id, playbook, version, digest, document, registered_by)
      values (current_tenant(), ${document.playbook}, ${document.version}, ${digest},
        ${JSON.stringify(document)}::jsonb, ${person})
      on conflict (tenant_id, playbook, version) do nothing`);
  }

  approve(tx: Transaction, row: StoredPlaybook, person: number): Promise<number> {
    return approveDocument(tx, TABLE, { ...row, name: row.playbook }, person);
  }

  retire(tx: Transaction, { playbook, version }: Place, reason: string): Promise<number> {
    return setDocumentAside(tx, TABLE, { name: playbook, version }, 'retired', reason);
  }

  vectors(tx: Transaction, model: string): Promise<(Place & { vectors: Buffer })[]> {
    return tx.many(sql`select playbook, version, vectors from playbook_vector
      where tenant_id = current_tenant() and model = ${model}`);
  }

  saveVectors(
    tx: Transaction,
    { playbook, version }: Place,
    model: string,
    vectors: Buffer,
  ): Promise<number> {
    return tx.run(sql`
      insert into playbook_vector (tenant_id, playbook, version, model, vectors)
      values (current_tenant(), ${playbook}, ${version}, ${model}, ${vectors})
      on conflict (tenant_id, playbook, version, model) do nothing`);
  }
}

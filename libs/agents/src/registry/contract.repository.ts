import type { ContractState, DefinitionChange, EffectClass, ToolContract } from '@belay/contracts';
import { sql, type Transaction } from '@belay/database';
import type { Definition } from '../contracts/pinned-definition.js';
import { approveDocument, type DocumentTable, setDocumentAside } from './decide-document.js';

/** A contract as it is stored. */
export interface StoredContract {
  readonly contract: string;
  readonly version: string;
  readonly digest: string;
  readonly title: string;
  readonly peer: string;
  readonly effect: EffectClass;
  readonly state: ContractState;
  readonly reason: string | null;
  readonly registeredBy: string;
  readonly approvedBy: string | null;
  readonly changedAt: Date;
  readonly document: ToolContract;
  readonly definition: Definition;
}

const TABLE: DocumentTable = { table: 'tool_contract', column: 'contract' };
const ROW = sql`
  select c.contract, c.version, c.digest, c.document ->> 'title' as title, c.document -> 'peer' ->> 'id' as peer,
    c.document -> 'effect' ->> 'class' as effect, c.state, c.reason, r.name as "registeredBy",
    a.name as "approvedBy", c.changed_at as "changedAt", c.document, c.definition
  from tool_contract c
    join principal r on r.tenant_id = c.tenant_id and r.principal_id = c.registered_by
    left join principal a on a.tenant_id = c.tenant_id and a.principal_id = c.approved_by
  where c.tenant_id = current_tenant()`;

/** Contracts and what was found to differ from them. A document is never changed: another one is another version. */
export class ContractRepository {
  list(tx: Transaction): Promise<StoredContract[]> {
    return tx.many(sql`${ROW} order by c.contract, c.registered_at`);
  }

  find(tx: Transaction, contract: string, version: string): Promise<StoredContract | undefined> {
    return tx.maybe(sql`${ROW} and c.contract = ${contract} and c.version = ${version}`);
  }

  approved(tx: Transaction): Promise<{ document: ToolContract }[]> {
    return tx.many(sql`select document from tool_contract
      where tenant_id = current_tenant() and state = 'approved'`);
  }

  /** Those of a server that are not retired, whichever its settings are. */
  ofPeer(tx: Transaction, peer: string): Promise<{ document: ToolContract }[]> {
    return tx.many(sql`select document from tool_contract
      where tenant_id = current_tenant() and state <> 'retired' and document -> 'peer' ->> 'id' = ${peer}`);
  }

  /** Stores a contract; 0 where this version is there already. */
  insert(
    tx: Transaction,
    { document, digest, definition }: { document: ToolContract; digest: string; definition: Definition },
    person: number,
  ): Promise<number> {
    return tx.run(sql`
      insert into tool_contract (tenant_id, contract, version, digest, document, definition, registered_by)
      values (current_tenant(), ${document.contract}, ${document.version}, ${digest},
        ${JSON.stringify(document)}::jsonb, ${JSON.stringify(definition)}::jsonb, ${person})
      on conflict (tenant_id, contract, version) do nothing`);
  }

  approve(tx: Transaction, row: StoredContract, person: number): Promise<number> {
    return approveDocument(tx, TABLE, { ...row, name: row.contract }, person);
  }

  setAside(
    tx: Transaction,
    { contract, version }: { contract: string; version: string },
    state: 'quarantined' | 'retired',
    reason: string,
  ): Promise<number> {
    return setDocumentAside(tx, TABLE, { name: contract, version }, state, reason);
  }

  saveDrift(
    tx: Transaction,
    { contract, version }: { contract: string; version: string },
    changes: readonly DefinitionChange[],
  ): Promise<number> {
    return tx.run(sql`insert into tool_drift (tenant_id, contract, version, changes)
      values (current_tenant(), ${contract}, ${version}, ${JSON.stringify(changes)}::jsonb)`);
  }

  drift(
    tx: Transaction,
    { contract, version }: { contract: string; version: string },
  ): Promise<{ at: Date; changes: DefinitionChange[] }[]> {
    return tx.many(sql`select found_at as at, changes from tool_drift
      where tenant_id = current_tenant() and contract = ${contract} and version = ${version}
      order by drift_id desc limit 20`);
  }
}

import type { Finding } from '@belay/contracts';
import { sql, type Transaction } from '@belay/database';
import { DomainError } from '@belay/errors';
import type { SignedIn } from '@belay/identity';

/** Where documents of a kind lie, by the column of their name. */
export interface DocumentTable {
  readonly table: 'tool_contract' | 'playbook';
  readonly column: 'contract' | 'playbook';
}

/** A version of a document of the registry. */
export interface DocumentPlace {
  readonly name: string;
  readonly version: string;
}

/** Approves exactly this document; 0 where it is another, or it is approved or retired. */
export function approveDocument(
  tx: Transaction,
  { table, column }: DocumentTable,
  { name, version, digest }: DocumentPlace & { readonly digest: string },
  person: number,
): Promise<number> {
  return tx.run(sql`
    update ${sql.identifier(table)} set state = 'approved', reason = null, approved_by = ${person}, changed_at = now()
    where tenant_id = current_tenant() and ${sql.identifier(column)} = ${name} and version = ${version}
      and digest = ${digest} and state in ('registered', 'quarantined')`);
}

/** Takes a document out of use; 0 where it is retired, or in that state already. */
export function setDocumentAside(
  tx: Transaction,
  { table, column }: DocumentTable,
  { name, version }: DocumentPlace,
  state: 'quarantined' | 'retired',
  reason: string,
): Promise<number> {
  return tx.run(sql`
    update ${sql.identifier(table)} set state = ${state}, reason = ${reason}, changed_at = now()
    where tenant_id = current_tenant() and ${sql.identifier(column)} = ${name} and version = ${version}
      and state not in ('retired', ${state})`);
}

/** Throws where somebody may not approve a document: another one than they read, or their own. */
export function refuseApproval(
  row: { readonly digest: string; readonly registeredBy: string },
  actor: SignedIn,
  digest: string,
  what: string,
): void {
  if (row.digest !== digest)
    throw new DomainError('conflict', 'This is not the document that was read. Look at it again.');
  if (row.registeredBy === actor.name)
    throw new DomainError('auth.forbidden', `Somebody else than who registered a ${what} approves it.`);
}

/** Throws where a document of this version is there with another text, or was retired; the same again is once. */
export function refuseOther(
  row: { readonly digest: string; readonly state: string },
  digest: string,
  what: string,
): void {
  if (row.state === 'retired')
    throw new DomainError('conflict', 'It is retired. Give what replaces it a new version.');
  if (row.digest !== digest)
    throw new DomainError(
      'conflict',
      `${what} is registered with another text. Give this one a new version.`,
    );
}

/** Throws `contracts.invalid` with the first errors of a document. */
export function refuseErrors(findings: readonly Finding[], what: string): void {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return;
  const said = errors.slice(0, 10).map(({ at, message }) => `${at || '/'}: ${message}`);
  throw new DomainError('contracts.invalid', `The ${what} cannot be used. ${said.join(' ')}`);
}

import { recordLeaf } from '@belay/audit';
import { sql, type Transaction } from '@belay/database';
import { parsePrincipal, PrincipalRepository } from '@belay/identity';
import type { EntryPermissions } from './connector.js';

const principals = new PrincipalRepository();

/**
 * Writes what a source says on a document. Only grants that this source wrote are replaced. A principal that Belay does
 * not know is not allowed; a deny of one leaves nobody, because whom it means is unknown.
 */
export async function applyPermissions(
  tx: Transaction,
  source: { id: string; owner: number; tenant: number },
  documentId: string,
  permissions: EntryPermissions,
): Promise<void> {
  if (permissions.kind === 'unsaid') return;
  const { scope } = await tx.one<{ scope: number }>(
    permissions.kind === 'inherited'
      ? sql`select scope_id as scope from document where tenant_id = current_tenant() and document_id = ${documentId}`
      : sql`select own_scope(${documentId}) as scope`,
  );
  await tx.run(sql`delete from access_grant
    where tenant_id = current_tenant() and scope_id = ${scope} and source_id = ${source.id}`);
  await tx.run(sql`update scope set inherits = ${permissions.kind === 'inherited'}
    where tenant_id = current_tenant() and scope_id = ${scope} and kind = 'document'`);
  if (permissions.kind === 'restricted') {
    const { allow, deny } = await mapped(tx, permissions);
    for (const principal of allow) await write(tx, scope, principal, 'allow', source.id);
    for (const principal of deny) await write(tx, scope, principal, 'deny', source.id);
  }
  const payload = { what: 'source', ...permissions };
  await recordLeaf(tx, source.tenant, {
    type: 'permission.change',
    actor: source.owner,
    resource: documentId,
    payload,
  });
}

async function mapped(
  tx: Transaction,
  { allow, deny }: { allow: readonly string[]; deny: readonly string[] },
): Promise<{ allow: number[]; deny: number[] }> {
  const denied = await idsOf(tx, deny);
  if (denied.includes(undefined)) return { allow: [], deny: [] };
  const known = (ids: (number | undefined)[]): number[] => [...new Set(ids.filter((id) => id !== undefined))];
  return { allow: known(await idsOf(tx, allow)), deny: known(denied) };
}

async function idsOf(tx: Transaction, references: readonly string[]): Promise<(number | undefined)[]> {
  const ids: (number | undefined)[] = [];
  for (const reference of references) {
    const { kind, name } = parsePrincipal(reference);
    ids.push((await principals.find(tx, kind, name))?.id);
  }
  return ids;
}

// A grant that a person wrote stays theirs.
async function write(
  tx: Transaction,
  scope: number,
  principal: number,
  effect: string,
  source: string,
): Promise<void> {
  await tx.run(sql`insert into access_grant (tenant_id, scope_id, principal_id, effect, source_id)
    values (current_tenant(), ${scope}, ${principal}, ${effect}, ${source}) on conflict do nothing`);
}

import { sql, type Transaction } from '@belay/database';
import type { PermissionGraph } from './decide.js';

export interface LoadedGraph extends PermissionGraph {
  readonly names: ReadonlyMap<number, { kind: string; name: string; displayName: string }>;
  readonly places: ReadonlyMap<number, string>;
}

/**
 * Loads what a decision about `people` on one scope needs: them, what they can belong to, whom a grant names, and
 * the scopes above it with their grants. Of a large company that is a small part.
 */
export async function loadPermissionGraph(
  tx: Transaction,
  scopeId: number,
  people: readonly number[],
): Promise<LoadedGraph> {
  const scopes = await tx.many<{ id: number; parent: number | null; inherits: boolean; place: string }>(sql`
    with recursive up as (
      select s.* from scope s where s.tenant_id = current_tenant() and s.scope_id = ${scopeId}
      union all
      select s.* from scope s join up on s.tenant_id = up.tenant_id and s.scope_id = up.parent_id
    ) select up.scope_id as id, up.parent_id as parent, up.inherits,
        case up.kind when 'document' then up.path when 'folder' then c.name || '/' || up.path else c.name end as place
      from up join collection c on c.tenant_id = up.tenant_id and c.collection_id = up.collection_id`);
  const grants = await tx.many<{
    scope: number;
    principal: number;
    effect: 'allow' | 'deny';
    expires: Date | null;
  }>(sql`
    select scope_id as scope, principal_id as principal, effect, expires_at as expires from access_grant
    where tenant_id = current_tenant() and scope_id = any (${scopes.map((row) => row.id)})
    order by scope_id, principal_id, effect`);
  const named = grants.map((row) => row.principal);
  const principals = await tx.many<{
    id: number;
    kind: string;
    name: string;
    displayName: string;
    active: boolean;
  }>(sql`
    select principal_id as id, kind, name, display_name as "displayName", active from principal
    where tenant_id = current_tenant()
      and (kind <> 'person' or principal_id = any (${[...people, ...named]}::int[]))`);
  const memberships = await tx.many<{ container: number; member: number }>(sql`
    select container_id as container, member_id as member from membership
    where tenant_id = current_tenant() and member_id = any (${principals.map((row) => row.id)}::int[])`);
  const everyone = principals.filter((row) => row.kind === 'everyone').map((row) => row.id);
  const containers = new Map<number, number[]>();
  for (const row of principals) if (row.kind === 'person') containers.set(row.id, [...everyone]);
  for (const row of memberships)
    containers.set(row.member, [...(containers.get(row.member) ?? []), row.container]);
  return {
    people: new Map(principals.filter((row) => row.kind === 'person').map((row) => [row.id, row])),
    containers,
    scopes: new Map(scopes.map((row) => [row.id, row])),
    grants: byScope(grants),
    names: new Map(principals.map((row) => [row.id, row])),
    places: new Map(scopes.map((row) => [row.id, row.place])),
  };
}

function byScope<T extends { scope: number }>(grants: readonly T[]): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const grant of grants) {
    const group = groups.get(grant.scope);
    if (group) group.push(grant);
    else groups.set(grant.scope, [grant]);
  }
  return groups;
}

import type { AuditLeaf, AuditQuery } from '@belay/contracts';
import { sql, type SqlStatement, type Transaction } from '@belay/database';

interface Row {
  readonly sequence: number | null;
  readonly leafId: string;
  readonly header: string;
  readonly at: string;
  readonly actorName: string | null;
  readonly payload: string | null;
}
type Filter = Omit<AuditQuery, 'after' | 'limit'>;

const DAY = 86_400_000;
// Acts of administration: an admin sees the same principals and places on the pages where they are made.
const ADMINISTRATIVE = new Set(['permission.change', 'identity.change', 'audit.read']);
const isAdministrative = (type: string): boolean => ADMINISTRATIVE.has(type) || type.startsWith('tool.');

/** One page of the ledger, newest first. `next` goes on after the last of it. */
export async function listLeaves(
  tx: Transaction,
  reader: { tenant: number; person: number },
  { after, limit, ...filter }: AuditQuery,
): Promise<{ leaves: AuditLeaf[]; next: string | null }> {
  const [time = '', id = ''] = after.split('_');
  const later =
    after === '' ? sql`true` : sql`(l.created_at, l.leaf_id) < (${time}::timestamptz, ${id}::uuid)`;
  const rows = await tx.many<Row>(sql`
    ${LEAF} where l.tenant_id = ${reader.tenant} and ${later} and ${matches(filter)}
    order by l.created_at desc, l.leaf_id desc limit ${limit}`);
  const last = rows.length < limit ? undefined : rows.at(-1);
  const next = last ? `${last.at}_${last.leafId}` : null;
  return { leaves: rows.map((row) => view(row, reader.person)), next };
}

/** One page of what is in the tree, in its order, from `sequence` on. */
export async function exportLeaves(
  tx: Transaction,
  reader: { tenant: number; person: number },
  { from, limit, ...filter }: Filter & { from: number; limit: number },
): Promise<AuditLeaf[]> {
  const rows = await tx.many<Row>(sql`
    ${LEAF} where l.tenant_id = ${reader.tenant} and e.sequence >= ${from} and ${matches(filter)}
    order by e.sequence limit ${limit}`);
  return rows.map((row) => view(row, reader.person));
}

const LEAF = sql`
  select e.sequence, l.leaf_id as "leafId", l.header, p.payload, a.name as "actorName",
    to_char(l.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at
  from audit_leaf l
  left join audit_entry e on e.tenant_id = l.tenant_id and e.leaf_id = l.leaf_id
  left join audit_payload p on p.tenant_id = l.tenant_id and p.leaf_id = l.leaf_id
  left join principal a on a.tenant_id = l.tenant_id and a.principal_id = (l.header::jsonb ->> 'actor')::int`;

function matches({ type, actor, resource, since, until }: Filter): SqlStatement {
  const parts = [
    type && sql`starts_with(l.header::jsonb ->> 'type', ${type})`,
    actor &&
      sql`l.header::jsonb ->> 'actor' = (select principal_id::text from principal
        where tenant_id = current_tenant() and kind = 'person' and name = ${actor})`,
    resource && isOn(resource),
    since && sql`l.created_at >= ${new Date(since)}`,
    until && sql`l.created_at < ${new Date(Date.parse(until) + DAY)}`,
  ];
  return parts.reduce<SqlStatement>((all, part) => (part ? sql`${all} and ${part}` : all), sql`true`);
}

/** On a resource as it was named, or on the same place of a collection by its name or id, however that was recorded. */
function isOn(resource: string): SqlStatement {
  const [head = '', ...folders] = resource.split('/').filter(Boolean);
  const below = folders.map((folder) => `/${folder}`).join('');
  return sql`l.header::jsonb ->> 'resource' = any (array(
    select ${resource}::text
    union select named.place || ${below}::text from collection c
      cross join lateral (values (c.name), (c.collection_id::text)) as named (place)
    where c.tenant_id = current_tenant() and ${head} in (c.name, c.collection_id::text)))`;
}

// What somebody asked is theirs: others see that a payload is there, never what it says.
function view({ header, payload, ...row }: Row, person: number): AuditLeaf {
  const facts = JSON.parse(header) as {
    type: string;
    actor: number | null;
    resource: string | null;
    time: string;
  };
  const { type, actor, resource, time } = facts;
  const base = {
    sequence: row.sequence,
    leafId: row.leafId,
    header,
    type,
    resource,
    time,
    actor: row.actorName,
  };
  if (payload === null) return { ...base, payload: { state: 'erased' } };
  if (actor !== person && !isAdministrative(type)) return { ...base, payload: { state: 'withheld' } };
  return { ...base, payload: { state: 'shown', value: JSON.parse(payload) as Record<string, unknown> } };
}

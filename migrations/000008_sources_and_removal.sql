-- Where originals lie, what is left to remove, what was deleted for good, how long documents are kept, and the
-- sources that documents come from.

---------------------------------------------------------------------------------------------- originals

-- bytes stay here with store 'database'; otherwise an object named by tenant and version, never by a title.
alter table document_original alter column bytes drop not null;
alter table document_original add column store text not null default 'database'
  check (store in ('database', 'disk', 's3'));
alter table document_original add column object_key text;
alter table document_original add check (
  case when store = 'database' then bytes is not null else bytes is null and object_key is not null end);

-- Objects that must go. A row is written in the transaction that removes the last mention of the object, and before
-- an object is written (`due_at` in an hour), so that neither a crash nor a failure leaves one behind.
create table original_removal (
  tenant_id int not null references tenant,
  store text not null,
  object_key text not null,
  document_id uuid,
  due_at timestamptz not null default now(),
  attempts int not null default 0,
  reason text,
  primary key (tenant_id, store, object_key)
);
create index on original_removal (tenant_id, due_at);

create function queue_original_removal() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  insert into original_removal (tenant_id, store, object_key, document_id)
  values (old.tenant_id, old.store, old.object_key, old.document_id)
  on conflict (tenant_id, store, object_key) do update set due_at = now(), document_id = excluded.document_id;
  return null;
end $$;
create trigger remove_object after delete on document_original
  for each row when (old.object_key is not null) execute function queue_original_removal();

--------------------------------------------------------------------------------------------- tombstones

-- Ids of what was deleted. The worker copies them out of the database, where a restored backup cannot undo them.
create table document_tombstone (
  tenant_id int not null references tenant,
  document_id uuid not null,
  collection_id uuid not null,
  deleted_at timestamptz not null default now(),
  exported boolean not null default false,
  primary key (tenant_id, document_id)
);
create index on document_tombstone (tenant_id, deleted_at) where not exported;

create function bury_document() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  insert into document_tombstone (tenant_id, document_id, collection_id)
  values (old.tenant_id, old.document_id, old.collection_id)
  on conflict (tenant_id, document_id) do update set deleted_at = now(), exported = false;
  return null;
end $$;
create trigger bury after delete on document for each row execute function bury_document();

-- What of a document is still in any table that names documents, whichever migration made it.
create function document_remains(target uuid) returns jsonb language plpgsql stable security definer
set search_path = public, pg_temp as $$
declare t record; n bigint; found jsonb := '{}';
begin
  for t in
    select c.table_name from information_schema.columns c
    join information_schema.tables b on b.table_schema = c.table_schema and b.table_name = c.table_name
    join pg_class k on k.relname = c.table_name and k.relnamespace = 'public'::regnamespace
    where c.table_schema = 'public' and c.column_name = 'document_id' and b.table_type = 'BASE TABLE'
      and not k.relispartition
      -- Ids without content: the tombstone itself, the spans of erased quotes, what a source must not bring again.
      and c.table_name not in ('document_tombstone', 'answer_citation', 'source_entry')
  loop
    execute format('select count(*) from %I where tenant_id = $1 and document_id = $2', t.table_name)
      into n using current_tenant(), target;
    if n > 0 then found := found || jsonb_build_object(t.table_name, n); end if;
  end loop;
  return found;
end $$;

-- Rows that belong to nothing. Foreign keys keep all but the statistics at zero; this is how one sees that they do.
create function count_orphans() returns jsonb language plpgsql stable security definer
set search_path = public, pg_temp as $$
declare g record; n bigint; vectors bigint := 0;
begin
  for g in select 'embedding_' || generation_id as name from embedding_generation
    where tenant_id = current_tenant() and to_regclass('public.embedding_' || generation_id) is not null
  loop
    execute format('select count(*) from %I e where e.tenant_id = $1 and not exists (
      select from chunk c where c.tenant_id = e.tenant_id and c.chunk_id = e.chunk_id)', g.name)
      into n using current_tenant();
    vectors := vectors + n;
  end loop;
  return jsonb_build_object(
    'versions', (select count(*) from document_version v where v.tenant_id = current_tenant()
      and not exists (select from document d where d.tenant_id = v.tenant_id and d.document_id = v.document_id)),
    'originals', (select count(*) from document_original o where o.tenant_id = current_tenant()
      and not exists (select from document_version v where v.tenant_id = o.tenant_id and v.version_id = o.version_id)),
    'chunks', (select count(*) from chunk c where c.tenant_id = current_tenant()
      and not exists (select from document_version v where v.tenant_id = c.tenant_id and v.version_id = c.version_id)),
    'postings', (select count(*) from posting p where p.tenant_id = current_tenant()
      and not exists (select from chunk c where c.tenant_id = p.tenant_id and c.chunk_id = p.chunk_id)),
    'terms', (select count(*) from term_scope t where t.tenant_id = current_tenant() and t.chunk_frequency > 0
      and not exists (select from scope s where s.tenant_id = t.tenant_id and s.scope_id = t.scope_id)),
    'scopes', (select count(*) from scope s where s.tenant_id = current_tenant() and s.kind = 'document'
      and not exists (select from document d where d.tenant_id = s.tenant_id and d.scope_id = s.scope_id)),
    'vectors', vectors);
end $$;

-- Removes what count_orphans() counts.
create function remove_orphans() returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare g record;
begin
  for g in select 'embedding_' || generation_id as name from embedding_generation
    where tenant_id = current_tenant() and to_regclass('public.embedding_' || generation_id) is not null
  loop
    execute format('delete from %I e where e.tenant_id = $1 and not exists (
      select from chunk c where c.tenant_id = e.tenant_id and c.chunk_id = e.chunk_id)', g.name)
      using current_tenant();
  end loop;
  delete from posting p where p.tenant_id = current_tenant()
    and not exists (select from chunk c where c.tenant_id = p.tenant_id and c.chunk_id = p.chunk_id);
  delete from chunk c where c.tenant_id = current_tenant()
    and not exists (select from document_version v where v.tenant_id = c.tenant_id and v.version_id = c.version_id);
  delete from document_original o where o.tenant_id = current_tenant()
    and not exists (select from document_version v where v.tenant_id = o.tenant_id and v.version_id = o.version_id);
  delete from document_version v where v.tenant_id = current_tenant()
    and not exists (select from document d where d.tenant_id = v.tenant_id and d.document_id = v.document_id);
  delete from term_scope t where t.tenant_id = current_tenant()
    and not exists (select from scope s where s.tenant_id = t.tenant_id and s.scope_id = t.scope_id);
  delete from scope s where s.tenant_id = current_tenant() and s.kind = 'document'
    and not exists (select from document d where d.tenant_id = s.tenant_id and d.scope_id = s.scope_id);
end $$;

-- Moves a document inside its collection. Its own permissions go with it; without any, it has its new folder's.
create function move_document(target uuid, new_path text, new_key text, new_folder int) returns boolean
language plpgsql security definer set search_path = public, pg_temp as $$
declare d record;
begin
  select document_id, folder_id, scope_id, path, title into d from document
  where tenant_id = current_tenant() and document_id = target for update;
  if not found then return false; end if;
  update document set path = new_path, path_key = new_key, folder_id = new_folder, updated_at = now(),
    scope_id = case when d.scope_id = d.folder_id then new_folder else d.scope_id end,
    title = case when d.title = regexp_replace(d.path, '^.*/', '')
      then regexp_replace(new_path, '^.*/', '') else d.title end
  where tenant_id = current_tenant() and document_id = target;
  if d.scope_id <> d.folder_id then
    update scope set parent_id = new_folder where tenant_id = current_tenant() and scope_id = d.scope_id;
  end if;
  return true;
end $$;

---------------------------------------------------------------------------------------------- retention

alter table collection add column retention_days int check (retention_days between 1 and 36500);

-- Ages and objects without titles, paths or text: what the api may know of documents that it may not read.
create view document_age as
  select d.tenant_id, d.collection_id, d.document_id, max(v.created_at) as uploaded_at
  from document d join document_version v on v.tenant_id = d.tenant_id and v.document_id = d.document_id
  where d.tenant_id = current_tenant() group by 1, 2, 3;
create view stored_object as
  select tenant_id, version_id, store, object_key from document_original
  where tenant_id = current_tenant() and object_key is not null;

------------------------------------------------------------------------------------------------ sources

-- A place that documents come from, on its owner's behalf. `cursor` is where an interrupted listing goes on;
-- `lease` fences a worker that was believed dead.
create table source (
  tenant_id int not null,
  source_id uuid not null default gen_random_uuid(),
  collection_id uuid not null,
  owner_id int not null,
  kind text not null check (kind in ('folder', 'git')),
  location text not null,
  branch text,
  folder text not null default '',
  every_minutes int not null default 15 check (every_minutes between 1 and 43200),
  deletes boolean not null default true,
  removing boolean not null default false,
  forced boolean not null default false,
  run int not null default 0,
  running boolean not null default false,
  listed boolean not null default false,
  cursor text,
  lease uuid,
  lease_until timestamptz,
  next_at timestamptz not null default now(),
  finished_at timestamptz,
  error_code text,
  error_detail text,
  counts jsonb not null default '{}',
  created_at timestamptz not null default now(),
  primary key (tenant_id, source_id),
  foreign key (tenant_id, collection_id) references collection on delete cascade,
  foreign key (tenant_id, owner_id) references principal
);
create index on source (tenant_id, next_at);

-- What a source holds and what of it was applied. `path` is emptied when its document is deleted here.
create table source_entry (
  tenant_id int not null,
  source_id uuid not null,
  entry_key text not null,
  entry_id text not null,
  path text not null,
  revision text not null,
  permissions jsonb not null,
  run int not null,
  document_id uuid,
  applied_revision text,
  applied_permissions text,
  excluded boolean not null default false,
  attempts int not null default 0,
  problem text,
  primary key (tenant_id, source_id, entry_key),
  foreign key (tenant_id, source_id) references source on delete cascade
);
create index on source_entry (tenant_id, document_id);
alter table source_entry alter column path set statistics 0, alter column entry_id set statistics 0;

-- Grants that a source wrote; a sync replaces these and no other.
alter table access_grant add column source_id uuid;

---------------------------------------------------------------------------------------------- two walls

do $$ declare name text; begin
  foreach name in array array['original_removal', 'document_tombstone', 'source', 'source_entry'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy of_tenant on %I to belay_worker, belay_owner
      using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()))', name);
  end loop;
  foreach name in array array['original_removal', 'document_tombstone', 'source'] loop
    execute format('create policy manage_tenant on %I to belay_api
      using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()))', name);
  end loop;
end $$;
-- Paths of a source are content: the api sees those of the person's own sources only.
create policy own_entries on source_entry for select to belay_api using (
  tenant_id = (select current_tenant()) and source_id in (
    select s.source_id from source s
    where s.tenant_id = (select current_tenant()) and s.owner_id = (select current_person())));

grant select, insert, update, delete on original_removal to belay_api, belay_worker;
grant select on document_age, stored_object to belay_api;
grant select on document_tombstone to belay_api;
grant select, update on document_tombstone to belay_worker;
grant select, insert, update, delete on source to belay_api, belay_worker;
grant select on source_entry to belay_api;
grant select, insert, update, delete on source_entry to belay_worker;

-- The worker stores what a source brings, with its permissions, for the owner of the source.
grant select, insert, update on scope to belay_worker;
grant select on collection, principal, membership, principal_closure to belay_worker;
grant select, insert, delete on access_grant to belay_worker;
create policy manage_tenant_worker on scope to belay_worker
  using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()));
create policy read_tenant_worker on collection for select to belay_worker
  using (tenant_id = (select current_tenant()));

revoke execute on function queue_original_removal(), bury_document(), document_remains(uuid), count_orphans(),
  remove_orphans(), move_document(uuid, text, text, int) from public;
grant execute on function document_remains(uuid), count_orphans(), remove_orphans() to belay_api;
grant execute on function move_document(uuid, text, text, int) to belay_api, belay_worker;
grant execute on function delete_document(uuid), own_scope(uuid) to belay_worker;

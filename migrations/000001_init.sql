-- The whole first schema. It runs as the role belay_owner, which owns every table and logs in nowhere.
-- tenant_id leads every key; identity of a reader is set per transaction (belay.tenant, belay.person).

create table tenant (
  tenant_id int primary key,
  name text not null unique
);
insert into tenant values (1, 'default');

-- The tenant of this transaction. Unset or empty raises: identity is never guessed.
create function current_tenant() returns int language sql stable as $$
  select current_setting('belay.tenant')::int
$$;
create function current_person() returns int language sql stable as $$
  select current_setting('belay.person')::int
$$;

---------------------------------------------------------------------------------------------- identity

create table principal (
  tenant_id int not null references tenant,
  principal_id int generated always as identity,
  kind text not null check (kind in ('person', 'group', 'role', 'everyone', 'agent')),
  name text not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  display_name text not null,
  email text,
  issuer text not null default 'belay',
  external_id text,
  active boolean not null default true,
  created_at timestamptz not null default now(),
  primary key (tenant_id, principal_id),
  unique (tenant_id, kind, name)
);

create table membership (
  tenant_id int not null,
  container_id int not null,
  member_id int not null,
  primary key (tenant_id, container_id, member_id),
  foreign key (tenant_id, container_id) references principal on delete cascade,
  foreign key (tenant_id, member_id) references principal on delete cascade,
  check (container_id <> member_id)
);
create index on membership (tenant_id, member_id);

-- Flattened memberships of every principal, itself and everyone included. Kept on write.
create table principal_closure (
  tenant_id int not null,
  member_id int not null,
  principal_id int not null,
  primary key (tenant_id, member_id, principal_id),
  foreign key (tenant_id, member_id) references principal on delete cascade,
  foreign key (tenant_id, principal_id) references principal on delete cascade
);

create function rebuild_closure() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  -- One writer at a time: two concurrent changes could otherwise each miss the other's edge.
  perform pg_advisory_xact_lock(7420, current_tenant());
  if exists (
    with recursive reach (start_id, id) as (
      select m.member_id, m.container_id from membership m where m.tenant_id = current_tenant()
      union
      select r.start_id, m.container_id from reach r
      join membership m on m.tenant_id = current_tenant() and m.member_id = r.id
    ) select from reach where start_id = id
  ) then
    raise exception 'membership cycle' using errcode = 'BL001';
  end if;
  with recursive reach (member_id, principal_id) as (
    select p.principal_id, p.principal_id from principal p where p.tenant_id = current_tenant()
    union
    select r.member_id, m.container_id from reach r
    join membership m on m.tenant_id = current_tenant() and m.member_id = r.principal_id
  ), wanted as (
    select member_id, principal_id from reach
    union
    select p.principal_id, e.principal_id from principal p
    join principal e on e.tenant_id = p.tenant_id and e.kind = 'everyone'
    where p.tenant_id = current_tenant() and p.kind = 'person'
  ), removed as (
    delete from principal_closure c where c.tenant_id = current_tenant()
      and not exists (select from wanted w where w.member_id = c.member_id and w.principal_id = c.principal_id)
  )
  insert into principal_closure select current_tenant(), member_id, principal_id from wanted
  on conflict do nothing;
  return null;
end $$;
create trigger closure_of_membership after insert or update or delete on membership
  for each statement execute function rebuild_closure();
create trigger closure_of_principal after insert on principal
  for each statement execute function rebuild_closure();

create table password (
  tenant_id int not null,
  person_id int not null,
  salt bytea not null,
  hash bytea not null,
  primary key (tenant_id, person_id),
  foreign key (tenant_id, person_id) references principal on delete cascade
);

-- Secrets are stored as SHA-256 of 32 random bytes, never as themselves.
create table invitation (
  tenant_id int not null,
  token_hash bytea primary key,
  person_id int not null,
  expires_at timestamptz not null,
  foreign key (tenant_id, person_id) references principal on delete cascade
);
create table session (
  tenant_id int not null,
  token_hash bytea primary key,
  person_id int not null,
  expires_at timestamptz not null,
  foreign key (tenant_id, person_id) references principal on delete cascade
);
create table api_key (
  tenant_id int not null,
  api_key_id uuid not null default gen_random_uuid(),
  token_hash bytea not null unique,
  person_id int not null,
  label text not null,
  actions text[] not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, api_key_id),
  foreign key (tenant_id, person_id) references principal on delete cascade
);

------------------------------------------------------------------------------------------------ access

-- A node of the permission tree: collection, folder, or a document with its own grants.
-- allow and deny hold the effective principals of grants without expiry, inherited ones included.
create table scope (
  tenant_id int not null references tenant,
  scope_id int generated always as identity,
  kind text not null check (kind in ('collection', 'folder', 'document')),
  parent_id int,
  collection_id uuid not null,
  path text not null,
  inherits boolean not null default true,
  allow int[] not null default '{}',
  deny int[] not null default '{}',
  part smallint not null default 0,
  chunk_count int not null default 0,
  token_count bigint not null default 0,
  primary key (tenant_id, scope_id),
  unique (tenant_id, collection_id, kind, path),
  foreign key (tenant_id, parent_id) references scope on delete cascade
);
create index on scope (tenant_id, parent_id);

create table collection (
  tenant_id int not null,
  collection_id uuid not null default gen_random_uuid(),
  name text not null check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
  title text not null,
  owner_id int not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, collection_id),
  unique (tenant_id, owner_id, name),
  foreign key (tenant_id, owner_id) references principal
);
alter table scope add foreign key (tenant_id, collection_id) references collection on delete cascade;

-- The truth about permissions.
create table access_grant (
  tenant_id int not null,
  scope_id int not null,
  principal_id int not null,
  effect text not null check (effect in ('allow', 'deny')),
  expires_at timestamptz,
  granted_by int,
  created_at timestamptz not null default now(),
  primary key (tenant_id, scope_id, principal_id, effect),
  foreign key (tenant_id, scope_id) references scope on delete cascade,
  foreign key (tenant_id, principal_id) references principal on delete cascade
);

-- Effective grants that expire, inherited ones included; judged at query time.
create table timed_grant (
  tenant_id int not null,
  scope_id int not null,
  principal_id int not null,
  effect text not null,
  expires_at timestamptz not null,
  primary key (tenant_id, scope_id, principal_id, effect, expires_at),
  foreign key (tenant_id, scope_id) references scope on delete cascade
);

-- Derives allow, deny and timed_grant of one scope and everything that inherits from it.
create function derive_scope(root int) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare affected int[];
begin
  with recursive below as (
    select scope_id from scope where tenant_id = current_tenant() and scope_id = root
    union all
    select s.scope_id from scope s join below b on s.parent_id = b.scope_id
    where s.tenant_id = current_tenant() and s.inherits
  ) select array_agg(scope_id) into affected from below;
  with recursive chain as (
    select s.scope_id as target, s.scope_id, s.parent_id, s.inherits from scope s
    where s.tenant_id = current_tenant() and s.scope_id = any (affected)
    union all
    select c.target, p.scope_id, p.parent_id, p.inherits from chain c
    join scope p on p.tenant_id = current_tenant() and p.scope_id = c.parent_id where c.inherits
  ), effective as (
    select c.target,
      coalesce(array_agg(distinct g.principal_id) filter (where g.effect = 'allow'), '{}') as allow,
      coalesce(array_agg(distinct g.principal_id) filter (where g.effect = 'deny'), '{}') as deny
    from chain c left join access_grant g
      on g.tenant_id = current_tenant() and g.scope_id = c.scope_id and g.expires_at is null
    group by c.target
  )
  update scope s set allow = e.allow, deny = e.deny from effective e
  where s.tenant_id = current_tenant() and s.scope_id = e.target;
  delete from timed_grant where tenant_id = current_tenant() and scope_id = any (affected);
  with recursive chain as (
    select s.scope_id as target, s.scope_id, s.parent_id, s.inherits from scope s
    where s.tenant_id = current_tenant() and s.scope_id = any (affected)
    union all
    select c.target, p.scope_id, p.parent_id, p.inherits from chain c
    join scope p on p.tenant_id = current_tenant() and p.scope_id = c.parent_id where c.inherits
  )
  insert into timed_grant
  select distinct current_tenant(), c.target, g.principal_id, g.effect, g.expires_at
  from chain c join access_grant g on g.tenant_id = current_tenant() and g.scope_id = c.scope_id
  where g.expires_at is not null;
end $$;

create function derive_after_grant() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  perform derive_scope(coalesce(new.scope_id, old.scope_id));
  return null;
end $$;
create trigger derive_grant after insert or update or delete on access_grant
  for each row execute function derive_after_grant();

create function derive_after_scope() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  perform derive_scope(new.scope_id);
  return null;
end $$;
create trigger derive_new_scope after insert or update of inherits, parent_id on scope
  for each row execute function derive_after_scope();

-- The scopes that the person of this transaction may read, with their exact sizes. Deny wins; no role
-- bypasses it; an unknown or inactive person is an error, never an empty or a full answer.
create function readable_scopes()
returns table (scope_id int, chunk_count int, token_count bigint)
language plpgsql stable security definer set search_path = public, pg_temp as $$
declare principals int[];
begin
  select array_agg(c.principal_id) into principals
  from principal p join principal_closure c on c.tenant_id = p.tenant_id and c.member_id = p.principal_id
  where p.tenant_id = current_tenant() and p.principal_id = current_person()
    and p.kind = 'person' and p.active;
  if principals is null then
    raise exception 'identity unknown' using errcode = '28000';
  end if;
  return query
  select s.scope_id, s.chunk_count, s.token_count from scope s
  where s.tenant_id = current_tenant()
    and (s.allow && principals or exists (
      select from timed_grant t where t.tenant_id = s.tenant_id and t.scope_id = s.scope_id
        and t.effect = 'allow' and t.expires_at > now() and t.principal_id = any (principals)))
    and not (s.deny && principals or exists (
      select from timed_grant t where t.tenant_id = s.tenant_id and t.scope_id = s.scope_id
        and t.effect = 'deny' and t.expires_at > now() and t.principal_id = any (principals)));
end $$;

--------------------------------------------------------------------------------------------- documents

create table document (
  tenant_id int not null,
  document_id uuid not null default gen_random_uuid(),
  collection_id uuid not null,
  folder_id int not null,
  scope_id int not null,
  path text not null,
  path_key text not null,
  title text not null,
  media_type text not null,
  byte_size int not null,
  current_version_id uuid,
  uploaded_by int not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, document_id),
  unique (tenant_id, collection_id, path_key),
  unique (tenant_id, document_id, scope_id),
  foreign key (tenant_id, collection_id) references collection on delete cascade,
  foreign key (tenant_id, folder_id) references scope,
  foreign key (tenant_id, scope_id) references scope
);
create index on document (tenant_id, scope_id);

create table document_version (
  tenant_id int not null,
  version_id uuid not null default gen_random_uuid(),
  document_id uuid not null,
  scope_id int not null,
  number int not null,
  content_sha256 text not null,
  stage text not null check (stage in ('parse', 'chunk', 'embed', 'index', 'ready', 'failed')),
  error_code text,
  error_detail text,
  body text,
  body_sha256 text,
  language text,
  outline jsonb,
  pages jsonb,
  staging jsonb,
  attempts int not null default 0,
  created_at timestamptz not null default now(),
  primary key (tenant_id, version_id),
  unique (tenant_id, document_id, number),
  foreign key (tenant_id, document_id, scope_id) references document (tenant_id, document_id, scope_id)
    on update cascade on delete cascade
);
create index on document_version (tenant_id, stage) where stage not in ('ready', 'failed');

create table document_original (
  tenant_id int not null,
  version_id uuid not null,
  document_id uuid not null,
  scope_id int not null,
  bytes bytea not null,
  primary key (tenant_id, version_id),
  foreign key (tenant_id, version_id) references document_version on delete cascade,
  foreign key (tenant_id, document_id, scope_id) references document (tenant_id, document_id, scope_id)
    on update cascade on delete cascade
);

create table chunk (
  tenant_id int not null,
  chunk_id bigint generated always as identity,
  document_id uuid not null,
  version_id uuid not null,
  scope_id int not null,
  ordinal int not null,
  start_offset int not null,
  end_offset int not null,
  page int,
  heading text[] not null,
  language text not null,
  token_count int not null,
  body text not null,
  primary key (tenant_id, chunk_id),
  unique (tenant_id, chunk_id, scope_id),
  unique (tenant_id, version_id, ordinal),
  foreign key (tenant_id, version_id) references document_version on delete cascade,
  foreign key (tenant_id, document_id, scope_id) references document (tenant_id, document_id, scope_id)
    on update cascade on delete cascade
);
create index on chunk (tenant_id, scope_id);
create index on chunk (tenant_id, document_id);

-- term_id is the first 8 bytes of SHA-256 of the term: no dictionary, so nothing of a term outlives its document.
create table posting (
  tenant_id int not null,
  term_id bigint not null,
  scope_id int not null,
  chunk_id bigint not null,
  frequency smallint not null,
  chunk_length int not null,
  primary key (tenant_id, term_id, scope_id, chunk_id),
  foreign key (tenant_id, chunk_id, scope_id) references chunk (tenant_id, chunk_id, scope_id)
    on update cascade on delete cascade
);
create index on posting (tenant_id, chunk_id);

-- In how many chunks of a scope a term occurs. Summed over the caller's own scopes it gives the
-- document frequency that BM25 would have if nothing else existed.
create table term_scope (
  tenant_id int not null,
  term_id bigint not null,
  scope_id int not null,
  chunk_frequency int not null,
  primary key (tenant_id, term_id, scope_id)
);

create function count_postings() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  -- Rows are locked in key order, so that concurrent writers cannot deadlock.
  if tg_op <> 'INSERT' then
    insert into term_scope as t
    select tenant_id, term_id, scope_id, -count(*) from gone group by 1, 2, 3 order by 1, 2, 3
    on conflict (tenant_id, term_id, scope_id)
      do update set chunk_frequency = t.chunk_frequency + excluded.chunk_frequency;
  end if;
  if tg_op <> 'DELETE' then
    insert into term_scope as t
    select tenant_id, term_id, scope_id, count(*) from come group by 1, 2, 3 order by 1, 2, 3
    on conflict (tenant_id, term_id, scope_id)
      do update set chunk_frequency = t.chunk_frequency + excluded.chunk_frequency;
  end if;
  if tg_op <> 'INSERT' then
    delete from term_scope t using (select distinct tenant_id, term_id, scope_id from gone) g
    where t.tenant_id = g.tenant_id and t.term_id = g.term_id and t.scope_id = g.scope_id
      and t.chunk_frequency = 0;
  end if;
  return null;
end $$;
create trigger posting_insert after insert on posting
  referencing new table as come for each statement execute function count_postings();
create trigger posting_update after update on posting
  referencing old table as gone new table as come for each statement execute function count_postings();
create trigger posting_delete after delete on posting
  referencing old table as gone for each statement execute function count_postings();

create function count_chunks() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  if tg_op <> 'INSERT' then
    update scope s set chunk_count = s.chunk_count - g.n, token_count = s.token_count - g.tokens
    from (select tenant_id, scope_id, count(*) as n, sum(token_count) as tokens from gone group by 1, 2) g
    where s.tenant_id = g.tenant_id and s.scope_id = g.scope_id;
  end if;
  if tg_op <> 'DELETE' then
    update scope s set chunk_count = s.chunk_count + c.n, token_count = s.token_count + c.tokens
    from (select tenant_id, scope_id, count(*) as n, sum(token_count) as tokens from come group by 1, 2) c
    where s.tenant_id = c.tenant_id and s.scope_id = c.scope_id;
  end if;
  return null;
end $$;
create trigger chunk_insert after insert on chunk
  referencing new table as come for each statement execute function count_chunks();
create trigger chunk_update after update on chunk
  referencing old table as gone new table as come for each statement execute function count_chunks();
create trigger chunk_delete after delete on chunk
  referencing old table as gone for each statement execute function count_chunks();

-- One narrow vector table per embedding generation, so that vectors of two models never mix.
create table embedding_generation (
  tenant_id int not null references tenant,
  generation_id int generated always as identity,
  model_id text not null,
  model_digest text not null,
  dimension int not null check (dimension between 1 and 4000),
  state text not null check (state in ('active', 'building', 'retired')),
  created_at timestamptz not null default now(),
  primary key (tenant_id, generation_id)
);
create unique index on embedding_generation (tenant_id) where state = 'active';

create function create_embedding_generation(model text, digest text, size int) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare id int; name text;
begin
  insert into embedding_generation (tenant_id, model_id, model_digest, dimension, state)
  values (current_tenant(), model, digest, size, 'active') returning generation_id into id;
  name := format('embedding_%s', id);
  execute format('create table %I (
      tenant_id int not null, part smallint not null default 0, chunk_id bigint not null,
      document_id uuid not null, scope_id int not null, vector halfvec(%s) not null,
      primary key (tenant_id, part, chunk_id),
      foreign key (tenant_id, chunk_id, scope_id) references chunk (tenant_id, chunk_id, scope_id)
        on update cascade on delete cascade
    ) partition by list (tenant_id)', name, size);
  execute format('create table %I partition of %I default partition by list (part)', name || '_t', name);
  execute format('create table %I partition of %I default', name || '_tail', name || '_t');
  execute format('alter table %I alter column vector set storage plain', name || '_tail');
  execute format('create index on %I (tenant_id, scope_id)', name);
  execute format('create index on %I (tenant_id, chunk_id)', name);
  perform protect_content(name);
  return id;
end $$;

----------------------------------------------------------------------------------------------- answers

create table answer (
  tenant_id int not null,
  answer_id uuid not null,
  person_id int not null,
  outcome text not null check (outcome in ('answered', 'abstained')),
  strategy text not null,
  record jsonb not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, answer_id),
  foreign key (tenant_id, person_id) references principal on delete cascade
);
create index on answer (tenant_id, person_id, created_at desc);
-- The erasable part. Wording is not stored: an extractive sentence is read again from its document.
create table answer_payload (
  tenant_id int not null,
  answer_id uuid not null,
  question text not null,
  primary key (tenant_id, answer_id),
  foreign key (tenant_id, answer_id) references answer on delete cascade
);
create table answer_citation (
  tenant_id int not null,
  answer_id uuid not null,
  ordinal int not null,
  document_id uuid not null,
  version_id uuid not null,
  start_offset int not null,
  end_offset int not null,
  sha256 text not null,
  primary key (tenant_id, answer_id, ordinal),
  foreign key (tenant_id, answer_id) references answer on delete cascade
);

------------------------------------------------------------------------------------------------- audit

-- RFC 6962: leaves are inserted unsequenced in the transaction that they record; one sequencer orders them.
create table audit_leaf (
  tenant_id int not null,
  leaf_id uuid not null,
  header text not null,
  created_at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, leaf_id)
);
create table audit_payload (
  tenant_id int not null,
  leaf_id uuid not null,
  salt bytea not null,
  payload text not null,
  primary key (tenant_id, leaf_id),
  foreign key (tenant_id, leaf_id) references audit_leaf
);
create table audit_entry (
  tenant_id int not null,
  sequence bigint not null,
  leaf_id uuid not null,
  leaf_hash bytea not null,
  primary key (tenant_id, sequence),
  unique (tenant_id, leaf_id),
  foreign key (tenant_id, leaf_id) references audit_leaf
);
create table audit_checkpoint (
  tenant_id int not null,
  tree_size bigint not null,
  root_hash bytea not null,
  note text not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, tree_size)
);

-------------------------------------------------------------------------------------------- two walls

-- Content is read by belay_reader under a forced policy, written by belay_worker within its tenant.
create function protect_content(name text) returns void language plpgsql as $$
begin
  execute format('alter table %I enable row level security', name);
  execute format('alter table %I force row level security', name);
  execute format('create policy read_visible on %I for select to belay_reader using (
      tenant_id = (select current_tenant())
      and scope_id in (select r.scope_id from readable_scopes() r))', name);
  execute format('create policy write_tenant on %I to belay_worker, belay_owner
      using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()))', name);
  execute format('create policy manage_tenant on %I to belay_api
      using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()))', name);
  execute format('grant select on %I to belay_reader', name);
  execute format('grant select, insert, update, delete on %I to belay_worker', name);
end $$;
select protect_content(name) from unnest(array[
  'document', 'document_version', 'document_original', 'chunk', 'posting', 'term_scope']) as name;

-- The api writes documents but reads their content only as belay_reader: it may select no title, path or text.
grant insert, delete on document to belay_api;
grant select (tenant_id, document_id, collection_id, folder_id, scope_id, path_key, uploaded_by) on document to belay_api;
grant update (scope_id, updated_at, title, media_type, byte_size) on document to belay_api;
grant insert on document_version, document_original to belay_api;
grant select (tenant_id, version_id, document_id, scope_id, number, content_sha256, stage) on document_version to belay_api;
grant update (stage, error_code, error_detail) on document_version to belay_api;

grant select, insert, update, delete on principal, membership, password, invitation, session, api_key,
  scope, collection, access_grant to belay_api;
grant select on principal_closure, timed_grant, tenant to belay_api;
grant select on collection to belay_reader;
grant select on scope to belay_reader;
grant select on tenant, embedding_generation to belay_api, belay_worker, belay_reader;
grant select, insert on answer, answer_payload, answer_citation to belay_api;
grant select, insert on audit_leaf, audit_payload to belay_api, belay_worker;
grant select on audit_entry, audit_checkpoint to belay_api;
grant select, insert on audit_entry, audit_checkpoint to belay_worker;

-- An answer belongs to the person who asked.
alter table answer enable row level security;
alter table answer force row level security;
create policy own_answers on answer to belay_api
  using (tenant_id = (select current_tenant()) and person_id = (select current_person()))
  with check (tenant_id = (select current_tenant()) and person_id = (select current_person()));

revoke execute on function readable_scopes(), derive_scope(int), create_embedding_generation(text, text, int) from public;
grant execute on function readable_scopes() to belay_reader;

-- Deletes a document and everything derived from it; returns what was removed, for the receipt.
create function delete_document(target uuid) returns jsonb language plpgsql security definer
set search_path = public, pg_temp as $$
declare counts jsonb; own_scope int; vectors bigint := 0; n bigint; g record;
begin
  select scope_id into own_scope from document
  where tenant_id = current_tenant() and document_id = target for update;
  if not found then return null; end if;
  for g in select generation_id from embedding_generation where tenant_id = current_tenant() loop
    execute format('select count(*) from %I where tenant_id = $1 and document_id = $2',
      'embedding_' || g.generation_id) into n using current_tenant(), target;
    vectors := vectors + n;
  end loop;
  select jsonb_build_object(
    'versions', (select count(*) from document_version where tenant_id = current_tenant() and document_id = target),
    'originals', (select count(*) from document_original where tenant_id = current_tenant() and document_id = target),
    'chunks', (select count(*) from chunk where tenant_id = current_tenant() and document_id = target),
    'postings', (select count(*) from posting p join chunk c
      on c.tenant_id = p.tenant_id and c.chunk_id = p.chunk_id
      where c.tenant_id = current_tenant() and c.document_id = target),
    'vectors', vectors) into counts;
  delete from document where tenant_id = current_tenant() and document_id = target;
  delete from scope where tenant_id = current_tenant() and scope_id = own_scope and kind = 'document';
  return counts;
end $$;
revoke execute on function delete_document(uuid) from public;
grant execute on function delete_document(uuid) to belay_api;

-- Gives a document a permission node of its own, below its folder, on its first own grant; returns its scope.
create function own_scope(target uuid) returns int language plpgsql security definer
set search_path = public, pg_temp as $$
declare d record; id int;
begin
  select document_id, folder_id, scope_id, collection_id into d from document
  where tenant_id = current_tenant() and document_id = target for update;
  if not found then return null; end if;
  if d.scope_id <> d.folder_id then return d.scope_id; end if;
  insert into scope (tenant_id, kind, parent_id, collection_id, path)
  values (current_tenant(), 'document', d.folder_id, d.collection_id, target::text) returning scope_id into id;
  update document set scope_id = id where tenant_id = current_tenant() and document_id = target;
  return id;
end $$;
revoke execute on function own_scope(uuid) from public;
grant execute on function own_scope(uuid) to belay_api;

-- Several embedding generations live side by side: one is searched, one may be built, former ones stand by, filled
-- like the others, so that going back to one is instant. A dropped one leaves nothing but its leaf.
alter table embedding_generation drop constraint embedding_generation_state_check;
alter table embedding_generation
  add constraint embedding_generation_state_check check (state in ('building', 'active', 'standby')),
  add column margin double precision not null default 0.02 check (margin between 0 and 1),
  add column gate text not null default 'known-items' check (gate in ('known-items', 'dataset')),
  -- Whether a passed gate waits for an administrator.
  add column hold boolean not null default false,
  -- What the gate measured: aggregates only.
  add column figures jsonb,
  -- Why its model cannot run; the worker keeps it.
  add column problem text,
  add column started_by int,
  add column activated_at timestamptz,
  -- Until then no document is indexed, so that the last missing vectors can be added before a cut-over.
  add column settling_until timestamptz;
update embedding_generation set activated_at = created_at where state = 'active';
create unique index on embedding_generation (tenant_id) where state = 'building';
create unique index on embedding_generation (tenant_id, model_id, model_digest);

-- As before; the first generation of a tenant is active at once, a later one is built beside it.
create or replace function create_embedding_generation(model text, digest text, size int) returns int
language plpgsql security definer set search_path = public, pg_temp as $$
declare id int; name text;
begin
  perform pg_advisory_xact_lock(7422, current_tenant());
  if exists (select from embedding_generation where tenant_id = current_tenant() and state = 'active') then
    insert into embedding_generation (tenant_id, model_id, model_digest, dimension, state)
    values (current_tenant(), model, digest, size, 'building') returning generation_id into id;
  else
    insert into embedding_generation (tenant_id, model_id, model_digest, dimension, state, activated_at)
    values (current_tenant(), model, digest, size, 'active', clock_timestamp()) returning generation_id into id;
  end if;
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

-- Makes a generation the one that is searched, if no passage lacks a vector in it. Index transactions hold the lock
-- shared, so none comes between the count and the change. Returns how many are missing; null where there is no such
-- generation that could become active.
create function activate_embedding_generation(target int) returns bigint
language plpgsql security definer set search_path = public, pg_temp as $$
declare missing bigint;
begin
  perform pg_advisory_xact_lock(7422, current_tenant());
  if not exists (select from embedding_generation
    where tenant_id = current_tenant() and generation_id = target and state <> 'active') then return null; end if;
  execute format('select count(*) from chunk c where c.tenant_id = $1 and not exists (
    select from %I e where e.tenant_id = c.tenant_id and e.chunk_id = c.chunk_id)', 'embedding_' || target)
    into missing using current_tenant();
  if missing > 0 then return missing; end if;
  update embedding_generation set state = 'standby' where tenant_id = current_tenant() and state = 'active';
  update embedding_generation set state = 'active', activated_at = clock_timestamp(), settling_until = null
  where tenant_id = current_tenant() and generation_id = target;
  return 0;
end $$;

-- Whoever reads a vector table has read embedding_generation before in the same transaction: the lock waits for them
-- all, and those that come later find the generation gone.
create function drop_embedding_generation(target int) returns boolean
language plpgsql security definer set search_path = public, pg_temp set lock_timeout = '3s' as $$
begin
  perform pg_advisory_xact_lock(7422, current_tenant());
  lock table embedding_generation in access exclusive mode;
  delete from embedding_generation
  where tenant_id = current_tenant() and generation_id = target and state <> 'active';
  if not found then return false; end if;
  execute format('drop table %I', 'embedding_' || target);
  return true;
end $$;

-- How many passages there are and how many have a vector, by generation.
create function embedding_progress() returns table (generation_id int, filled bigint, total bigint)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  select coalesce(sum(s.chunk_count), 0) into total from scope s where s.tenant_id = current_tenant();
  for generation_id in select g.generation_id from embedding_generation g where g.tenant_id = current_tenant() loop
    execute format('select count(*) from %I where tenant_id = $1', 'embedding_' || generation_id)
      into filled using current_tenant();
    return next;
  end loop;
end $$;

revoke execute on function activate_embedding_generation(int), drop_embedding_generation(int),
  embedding_progress() from public;
grant execute on function activate_embedding_generation(int), embedding_progress() to belay_api, belay_worker;
grant execute on function create_embedding_generation(text, text, int), drop_embedding_generation(int) to belay_api;
grant update (margin, gate, hold, figures, started_by, settling_until) on embedding_generation to belay_api;
grant update (figures, problem, settling_until) on embedding_generation to belay_worker;

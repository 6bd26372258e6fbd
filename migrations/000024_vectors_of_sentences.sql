-- Vectors of a passage's sentences stand in the row of its own vector: what protects, moves and deletes the one does so
-- with the other. Outside of the row where that grows, so that a scan of vectors does not read them.
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
      document_id uuid not null, scope_id int not null, vector %s not null, sentences bytea,
      primary key (tenant_id, part, chunk_id),
      foreign key (tenant_id, chunk_id, scope_id) references chunk (tenant_id, chunk_id, scope_id)
        on update cascade on delete cascade
    ) partition by list (tenant_id)', name, vector_type(size));
  execute format('create table %I partition of %I default partition by list (part)', name || '_t', name);
  execute format('create table %I partition of %I default', name || '_tail', name || '_t');
  execute format('alter table %I alter column vector set storage plain', name || '_tail');
  execute format('alter table %I alter column sentences set storage external', name || '_tail');
  execute format('create index on %I (tenant_id, scope_id)', name);
  execute format('create index on %I (tenant_id, chunk_id)', name);
  perform protect_content(name);
  return id;
end $$;

-- Generations that are there already: the worker adds what they lack.
do $$
declare name text;
begin
  for name in select 'embedding_' || generation_id from embedding_generation
    where to_regclass('public.embedding_' || generation_id) is not null
  loop
    execute format('alter table %I add column sentences bytea', name);
    execute format('alter table %I alter column sentences set storage external', name || '_tail');
  end loop;
end $$;

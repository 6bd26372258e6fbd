-- Playbooks: immutable workflows by digest, registered by one person and approved by another.
create table playbook (
  tenant_id int not null references tenant,
  playbook text not null,
  version text not null,
  -- Of the canonical document.
  digest text not null,
  document jsonb not null,
  state text not null default 'registered' check (state in ('registered', 'approved', 'retired')),
  reason text,
  registered_by int not null,
  approved_by int,
  registered_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  primary key (tenant_id, playbook, version),
  unique (tenant_id, digest),
  foreign key (tenant_id, registered_by) references principal (tenant_id, principal_id),
  foreign key (tenant_id, approved_by) references principal (tenant_id, principal_id),
  check (approved_by <> registered_by),
  check (state <> 'approved' or approved_by is not null)
);

-- Its examples as vectors of a model (id@digest): float32, one after the other.
create table playbook_vector (
  tenant_id int not null,
  playbook text not null,
  version text not null,
  model text not null,
  vectors bytea not null,
  primary key (tenant_id, playbook, version, model),
  foreign key (tenant_id, playbook, version) references playbook on delete cascade
);

-- Whether the person at work is one of these principals, written as contracts and playbooks write them.
create function is_one_of(principals jsonb) returns boolean language sql stable security definer
set search_path = public, pg_temp as $$
  select exists (
    select from principal_closure c
      join principal p on p.tenant_id = c.tenant_id and p.principal_id = c.principal_id
      join principal me on me.tenant_id = c.tenant_id and me.principal_id = c.member_id
    where c.tenant_id = current_tenant() and c.member_id = current_person() and me.kind = 'person' and me.active
      and (principals ? 'everyone' or principals ? (p.kind || ':' || p.name)))
$$;
revoke execute on function is_one_of(jsonb) from public;
grant execute on function is_one_of(jsonb) to belay_api;

do $$ declare name text; begin
  foreach name in array array['playbook', 'playbook_vector'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy of_owner on %I to belay_owner
      using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()))', name);
  end loop;
end $$;
-- Whoever works on tools sees all; everybody else what they may start.
create policy usable on playbook for select to belay_api using (tenant_id = (select current_tenant())
  and ((select holds_role(array['admin', 'developer'])) or (state = 'approved' and is_one_of(document -> 'users'))));
create policy worked_on on playbook for insert to belay_api with check (tenant_id = (select current_tenant())
  and registered_by = (select current_person()) and (select holds_role(array['admin', 'developer'])));
create policy decided on playbook for update to belay_api
  using (tenant_id = (select current_tenant()) and (select holds_role(array['admin', 'developer'])))
  with check (tenant_id = (select current_tenant()));
create policy usable on playbook_vector to belay_api using (tenant_id = (select current_tenant())
  and exists (select from playbook p where p.tenant_id = playbook_vector.tenant_id
    and p.playbook = playbook_vector.playbook and p.version = playbook_vector.version))
  with check (tenant_id = (select current_tenant()));

grant select, insert on playbook, playbook_vector to belay_api;
-- Neither the document nor who registered it is ever changed.
grant update (state, reason, approved_by, changed_at) on playbook to belay_api;

-- What a call overwrote, as canonical JSON, read before it.
alter table run_value add column former text;

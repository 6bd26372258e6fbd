-- Calls of a contract that a developer recorded: what was given and what came back, as the contract redacts it, sealed.
create table tool_fixture (
  tenant_id int not null,
  contract text not null,
  version text not null,
  name text not null,
  kind text not null check (kind in ('call', 'dry-run')),
  input bytea not null,
  -- Whether the contract redacts something of the input, so that it cannot be given again.
  is_partial boolean not null,
  output bytea not null,
  recorded_by int not null,
  recorded_at timestamptz not null default now(),
  primary key (tenant_id, contract, version, name),
  foreign key (tenant_id, contract, version) references tool_contract (tenant_id, contract, version),
  foreign key (tenant_id, recorded_by) references principal (tenant_id, principal_id)
);
alter table tool_fixture enable row level security;
alter table tool_fixture force row level security;
create policy of_agent on tool_fixture to belay_agent, belay_owner
  using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()));
-- Whoever works on tools, may call the contract, and may read what a call of it gives back.
create policy may_read on tool_fixture to belay_api using (tenant_id = (select current_tenant())
  and (select holds_role(array['admin', 'developer']))
  and exists (select from tool_contract c where c.tenant_id = tool_fixture.tenant_id
    and c.contract = tool_fixture.contract and c.version = tool_fixture.version
    and is_one_of(c.document -> 'users') and is_one_of(c.document -> 'audience')))
  with check (tenant_id = (select current_tenant()) and recorded_by = (select current_person())
    and (select holds_role(array['admin', 'developer']))
    and exists (select from tool_contract c where c.tenant_id = tool_fixture.tenant_id
      and c.contract = tool_fixture.contract and c.version = tool_fixture.version
      and is_one_of(c.document -> 'users') and is_one_of(c.document -> 'audience')));

grant select, insert, delete on tool_fixture to belay_api;
grant select, delete on tool_fixture to belay_agent;

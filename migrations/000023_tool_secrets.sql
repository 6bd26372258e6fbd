-- Secrets of servers of tools, sealed: the api writes them and never reads them back; the agent service opens them.
create table tool_secret (
  tenant_id int not null references tenant,
  name text not null,
  -- The server that it is for, and the digest of its settings: other settings do not get it.
  peer text not null,
  bound_to text not null,
  sealed bytea not null,
  set_by int not null,
  set_at timestamptz not null default now(),
  primary key (tenant_id, name),
  foreign key (tenant_id, set_by) references principal (tenant_id, principal_id)
);
alter table tool_secret enable row level security;
alter table tool_secret force row level security;
create policy of_tenant on tool_secret to belay_api, belay_owner
  using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()));
create policy of_agent on tool_secret for select to belay_agent using (tenant_id = (select current_tenant()));

grant select (tenant_id, name, peer, set_by, set_at), insert, delete on tool_secret to belay_api;
grant select on tool_secret to belay_agent;

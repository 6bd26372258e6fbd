-- Contracts of tools: immutable documents by digest, registered by one person and approved by another.
create table tool_contract (
  tenant_id int not null references tenant,
  contract text not null,
  version text not null,
  -- Of the canonical document.
  digest text not null,
  document jsonb not null,
  -- What the server said of the tool when the contract was registered, byte for byte what its digest pins.
  definition jsonb not null,
  state text not null default 'registered' check (state in ('registered', 'approved', 'quarantined', 'retired')),
  reason text,
  registered_by int not null,
  approved_by int,
  registered_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  primary key (tenant_id, contract, version),
  unique (tenant_id, digest),
  foreign key (tenant_id, registered_by) references principal (tenant_id, principal_id),
  foreign key (tenant_id, approved_by) references principal (tenant_id, principal_id),
  check (approved_by <> registered_by),
  check (state <> 'approved' or approved_by is not null)
);

-- What a server was found to say instead.
create table tool_drift (
  tenant_id int not null references tenant,
  drift_id bigint generated always as identity,
  contract text not null,
  version text not null,
  found_at timestamptz not null default now(),
  changes jsonb not null,
  primary key (tenant_id, drift_id),
  foreign key (tenant_id, contract, version) references tool_contract (tenant_id, contract, version)
);
create index on tool_drift (tenant_id, contract, version);

do $$ declare name text; begin
  foreach name in array array['tool_contract', 'tool_drift'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy of_tenant on %I to belay_api, belay_owner
      using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()))', name);
  end loop;
end $$;
grant select, insert on tool_contract, tool_drift to belay_api;
-- Neither the document nor who registered it is ever changed.
grant update (state, reason, approved_by, changed_at) on tool_contract to belay_api;

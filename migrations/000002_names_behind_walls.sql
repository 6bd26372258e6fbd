-- Names of collections and folders say something about their content, so they too stand behind both walls:
-- the reader sees a scope that it may read, and a collection in which it may read something.
alter table scope enable row level security;
alter table scope force row level security;
create policy read_visible on scope for select to belay_reader using (
  tenant_id = (select current_tenant()) and scope_id in (select r.scope_id from readable_scopes() r));
create policy manage_tenant on scope to belay_api, belay_owner
  using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()));

alter table collection enable row level security;
alter table collection force row level security;
create policy read_visible on collection for select to belay_reader using (
  tenant_id = (select current_tenant()) and collection_id in (
    select s.collection_id from scope s where s.tenant_id = (select current_tenant())
      and s.scope_id in (select r.scope_id from readable_scopes() r)));
create policy manage_tenant on collection to belay_api, belay_owner
  using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()));

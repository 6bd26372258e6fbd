-- The second wall around what the first schema left to predicates alone.
--
-- Names of collections and folders say something about their content: the reader sees a scope that it may
-- read, and a collection in which it may read something.
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

-- The parts of an answer belong to whom the answer belongs: the subquery sees one's own answers only.
alter table answer_payload enable row level security;
alter table answer_payload force row level security;
create policy own_answers on answer_payload to belay_api
  using (exists (select from answer a where a.tenant_id = answer_payload.tenant_id and a.answer_id = answer_payload.answer_id));
alter table answer_citation enable row level security;
alter table answer_citation force row level security;
create policy own_answers on answer_citation to belay_api
  using (exists (select from answer a where a.tenant_id = answer_citation.tenant_id and a.answer_id = answer_citation.answer_id));

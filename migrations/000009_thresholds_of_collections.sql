-- Below which confidence a question within a collection is refused, where its managers had that measured on questions
-- of its own. One for each embedding model: confidences do not carry from one to another.
create table answer_threshold (
  tenant_id int not null,
  collection_id uuid not null,
  model_id text not null,
  threshold double precision not null check (threshold between 0 and 1),
  questions int not null,
  set_by int,
  set_at timestamptz not null default now(),
  primary key (tenant_id, collection_id, model_id),
  foreign key (tenant_id, collection_id) references collection on delete cascade
);
alter table answer_threshold enable row level security;
alter table answer_threshold force row level security;
-- It tells that a collection exists: to those alone who may read something of it. The subquery sees no other.
create policy read_visible on answer_threshold for select to belay_reader using (
  tenant_id = (select current_tenant()) and collection_id in (select c.collection_id from collection c));
create policy manage_tenant on answer_threshold to belay_api, belay_owner
  using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()));
grant select on answer_threshold to belay_reader;
grant select, insert, update on answer_threshold to belay_api;

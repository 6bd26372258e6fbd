-- Conversations: a person's own questions in turns. Everything here belongs to whom it belongs, admins included.
-- A title is the person's own words (else their first question); text of documents is stored nowhere in here.

create table conversation (
  tenant_id int not null,
  conversation_id uuid not null default gen_random_uuid(),
  person_id int not null,
  title text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (tenant_id, conversation_id),
  foreign key (tenant_id, person_id) references principal on delete cascade
);
create index on conversation (tenant_id, person_id, updated_at desc);

-- A deleted conversation leaves its answers without their questions: spans and digests, which say nothing.
alter table answer add column conversation_id uuid,
  add column leaf_id uuid,
  add foreign key (tenant_id, conversation_id) references conversation on delete set null (conversation_id);
create index on answer (tenant_id, conversation_id, created_at) where conversation_id is not null;

-- How a follow-up was understood: the person's own words, and spans where a word came from a quote. A span is
-- authorised and verified again whenever it is shown.
alter table answer_payload add column understood jsonb;

-- A question as it was accepted: it stands here before the caller hears that it was, and goes in the transaction
-- that stores its answer. Whoever makes it holds a lease; one that ran out is made by another.
create table accepted_question (
  tenant_id int not null,
  answer_id uuid not null default gen_random_uuid(),
  person_id int not null,
  conversation_id uuid,
  key text not null check (length(key) between 1 and 128),
  request jsonb not null,
  attempts int not null default 1,
  lease_until timestamptz not null,
  error_code text,
  error_detail text,
  -- Kept for a day without its question, so that a request that is sent twice is one question.
  done boolean not null default false,
  created_at timestamptz not null default now(),
  primary key (tenant_id, answer_id),
  unique (tenant_id, person_id, key),
  foreign key (tenant_id, person_id) references principal on delete cascade,
  foreign key (tenant_id, conversation_id) references conversation on delete cascade
);
create index on accepted_question (lease_until) where error_code is null and not done;

create table answer_feedback (
  tenant_id int not null,
  answer_id uuid not null,
  useful boolean not null,
  reason text,
  -- Whether the person lets those who look after the answers see the question and the reason.
  shared boolean not null,
  updated_at timestamptz not null default now(),
  primary key (tenant_id, answer_id),
  foreign key (tenant_id, answer_id) references answer on delete cascade
);

-- A payload that was erased on request; the ledger stays whole, and this says why the payload is gone.
create table audit_erasure (
  tenant_id int not null,
  leaf_id uuid not null,
  erased_at timestamptz not null default now(),
  primary key (tenant_id, leaf_id),
  foreign key (tenant_id, leaf_id) references audit_leaf
);

alter table conversation enable row level security;
alter table conversation force row level security;
create policy own_conversations on conversation to belay_api
  using (tenant_id = (select current_tenant()) and person_id = (select current_person()))
  with check (tenant_id = (select current_tenant()) and person_id = (select current_person()));
alter table accepted_question enable row level security;
alter table accepted_question force row level security;
create policy own_questions on accepted_question to belay_api
  using (tenant_id = (select current_tenant()) and person_id = (select current_person()))
  with check (tenant_id = (select current_tenant()) and person_id = (select current_person()));
alter table answer_feedback enable row level security;
alter table answer_feedback force row level security;
create policy own_feedback on answer_feedback to belay_api
  using (exists (select from answer a where a.tenant_id = answer_feedback.tenant_id and a.answer_id = answer_feedback.answer_id));
-- The functions below run as the owner, each with its own predicate.
create policy maintain on conversation to belay_owner using (tenant_id = (select current_tenant()));
create policy maintain on accepted_question to belay_owner using (tenant_id = (select current_tenant()));
create policy maintain on answer_feedback to belay_owner using (tenant_id = (select current_tenant()));
create policy maintain on answer to belay_owner using (tenant_id = (select current_tenant()));
create policy maintain on answer_payload to belay_owner using (tenant_id = (select current_tenant()));

grant select, insert, update (title, updated_at), delete on conversation to belay_api;
grant select, insert, delete, update (request, lease_until, error_code, error_detail, done) on accepted_question to belay_api;
grant select, insert, update, delete on answer_feedback to belay_api;
grant select on audit_erasure to belay_api;

alter table conversation alter column title set statistics 0;
alter table accepted_question alter column request set statistics 0;
alter table answer_payload alter column understood set statistics 0;
alter table answer_feedback alter column reason set statistics 0;

-- Erases what the person of this transaction asked in a conversation of theirs, on the ledger too; how many answers.
create function erase_conversation(target uuid) returns int language plpgsql security definer
set search_path = public, pg_temp as $$
declare leaves uuid[]; answers uuid[];
begin
  select coalesce(array_agg(a.answer_id), '{}'), coalesce(array_agg(a.leaf_id) filter (where a.leaf_id is not null), '{}')
  into answers, leaves from answer a
  where a.tenant_id = current_tenant() and a.person_id = current_person() and a.conversation_id = target;
  delete from answer_payload where tenant_id = current_tenant() and answer_id = any (answers);
  delete from answer_feedback where tenant_id = current_tenant() and answer_id = any (answers);
  delete from audit_payload where tenant_id = current_tenant() and leaf_id = any (leaves);
  insert into audit_erasure (tenant_id, leaf_id) select current_tenant(), unnest(leaves) on conflict do nothing;
  delete from conversation
  where tenant_id = current_tenant() and person_id = current_person() and conversation_id = target;
  return cardinality(answers);
end $$;
revoke execute on function erase_conversation(uuid) from public;
grant execute on function erase_conversation(uuid) to belay_api;

-- Takes questions whose maker is gone: ids and people only, each is then read as its own person.
create function claim_questions(seconds int, most int)
returns table (answer_id uuid, person_id int) language sql security definer
set search_path = public, pg_temp as $$
  update accepted_question q set lease_until = now() + make_interval(secs => seconds), attempts = q.attempts + 1
  where q.tenant_id = current_tenant() and q.answer_id in (
    select c.answer_id from accepted_question c
    where c.tenant_id = current_tenant() and c.error_code is null and not c.done and c.lease_until < now()
    order by c.lease_until limit most for update skip locked)
  returning q.answer_id, q.person_id
$$;
revoke execute on function claim_questions(int, int) from public;
grant execute on function claim_questions(int, int) to belay_api;

-- What people said of answers, for an administrator: counts of all, and words only where their person shared them.
create function feedback_figures() returns table (useful int, useless int, unrated int)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  perform require_admin();
  return query select count(*) filter (where f.useful)::int, count(*) filter (where not f.useful)::int,
    count(*) filter (where f.useful is null)::int
  from answer a left join answer_feedback f on f.tenant_id = a.tenant_id and f.answer_id = a.answer_id
  where a.tenant_id = current_tenant();
end $$;
create function shared_feedback()
returns table (answer_id uuid, question text, useful boolean, reason text, outcome text, document_ids uuid[])
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  perform require_admin();
  return query select a.answer_id, p.question, f.useful, f.reason, a.outcome,
    array(select distinct c.document_id from answer_citation c
      where c.tenant_id = a.tenant_id and c.answer_id = a.answer_id order by c.document_id)
  from answer_feedback f
  join answer a on a.tenant_id = f.tenant_id and a.answer_id = f.answer_id
  join answer_payload p on p.tenant_id = f.tenant_id and p.answer_id = f.answer_id
  where f.tenant_id = current_tenant() and f.shared order by f.updated_at, f.answer_id;
end $$;
create function require_admin() returns void language plpgsql stable security definer
set search_path = public, pg_temp as $$
begin
  if not exists (
    select from principal p
    join principal_closure c on c.tenant_id = p.tenant_id and c.member_id = p.principal_id
    join principal r on r.tenant_id = c.tenant_id and r.principal_id = c.principal_id
    where p.tenant_id = current_tenant() and p.principal_id = current_person() and p.kind = 'person' and p.active
      and r.kind = 'role' and r.name = 'admin') then
    raise exception 'not an administrator' using errcode = '28000';
  end if;
end $$;
revoke execute on function feedback_figures(), shared_feedback(), require_admin() from public;
grant execute on function feedback_figures(), shared_feedback() to belay_api;
create policy maintain on answer_citation to belay_owner
  using (exists (select from answer a where a.tenant_id = answer_citation.tenant_id and a.answer_id = answer_citation.answer_id));

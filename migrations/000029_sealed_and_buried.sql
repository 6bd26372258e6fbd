-- What runs hold is sealed, and forgotten in time; what people erased of what they asked stays so after a restore.

-- Runs: sealed by the services before it comes here, and forgotten when the retention of their contracts is over.
-- A sealed text begins with the byte 1; what lay here before is UTF-8, and is opened as it is.
alter table run_plan alter column task drop default, alter column slots drop default;
alter table run_plan
  alter column task type bytea using convert_to(task, 'UTF8'),
  alter column nodes type bytea using convert_to(nodes, 'UTF8'),
  alter column slots type bytea using convert_to(slots, 'UTF8'),
  alter column preview type bytea using convert_to(preview, 'UTF8'),
  -- What the digests of the run's values are salted with, so that nobody guesses a value by its digest.
  add column salt bytea;
alter table run_value
  alter column arguments type bytea using convert_to(arguments, 'UTF8'),
  alter column result type bytea using convert_to(result, 'UTF8'),
  alter column undo_arguments type bytea using convert_to(undo_arguments, 'UTF8'),
  alter column former type bytea using convert_to(former, 'UTF8');
alter table run_answer alter column answer type bytea using convert_to(answer, 'UTF8');
-- Null when it is forgotten; its digest stays.
alter table run_approval
  alter column text type bytea using convert_to(text, 'UTF8'),
  alter column text drop not null;

-- A run that is over: when what it held goes (the shortest retention of its contracts), and when it went.
alter table agent_run add column forget_at timestamptz, add column forgotten_at timestamptz;
create index on agent_run (forget_at) where forget_at is not null and forgotten_at is null;
create index on agent_run (changed_at) where forget_at is null and forgotten_at is null
  and state in ('completed', 'failed', 'denied', 'killed', 'compensated', 'partially-compensated', 'needs-operator');

grant update (forget_at) on agent_run to belay_api;
grant delete on run_plan, run_value, run_answer to belay_agent;

-- Ids of answers, of questions that failed and of conversations that their person erased, to outlive a backup.
create table answer_tombstone (
  tenant_id int not null references tenant,
  erased_id uuid not null,
  deleted_at timestamptz not null default now(),
  exported boolean not null default false,
  primary key (tenant_id, erased_id)
);
create index on answer_tombstone (tenant_id, deleted_at) where not exported;

create function bury_answer() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  insert into answer_tombstone (tenant_id, erased_id)
  values (old.tenant_id, (to_jsonb(old) ->> tg_argv[0])::uuid)
  on conflict (tenant_id, erased_id) do update set deleted_at = now(), exported = false;
  return null;
end $$;
create trigger bury after delete on answer_payload for each row execute function bury_answer('answer_id');
create trigger bury after delete on conversation for each row execute function bury_answer('conversation_id');
-- One that is done was answered, and is kept a day without its words.
create trigger bury after delete on accepted_question for each row when (not old.done)
  execute function bury_answer('answer_id');

-- Erases again what a restored backup brought back of these ids, whoever's it was; for the start of the api, when nobody
-- is signed in. Returns those that were there.
create function erase_again(targets uuid[]) returns setof uuid language plpgsql security definer
set search_path = public, pg_temp as $$
declare answers uuid[]; leaves uuid[];
begin
  if coalesce(nullif(current_setting('belay.person', true), ''), '0') <> '0' then
    raise exception 'only for what nobody asks' using errcode = '42501';
  end if;
  select coalesce(array_agg(a.answer_id), '{}'), coalesce(array_agg(a.leaf_id) filter (where a.leaf_id is not null), '{}')
  into answers, leaves from answer a
  where a.tenant_id = current_tenant() and (a.answer_id = any (targets) or a.conversation_id = any (targets))
    and exists (select from answer_payload p where p.tenant_id = a.tenant_id and p.answer_id = a.answer_id);
  return query
    select unnest(answers)
    union select c.conversation_id from conversation c
      where c.tenant_id = current_tenant() and c.conversation_id = any (targets)
    union select q.answer_id from accepted_question q
      where q.tenant_id = current_tenant() and q.answer_id = any (targets) and not q.done;
  -- A reading is the question with words of the one before it, and so of those before that one.
  with recursive later (answer_id) as (
    select unnest(answers)
    union
    select a.answer_id from later l join answer a on a.record #>> '{request,after}' = l.answer_id::text
    where a.tenant_id = current_tenant()
  )
  update answer_payload p set understood = null
  where p.tenant_id = current_tenant() and p.understood is not null and p.answer_id in (select answer_id from later);
  delete from answer_payload where tenant_id = current_tenant() and answer_id = any (answers);
  delete from answer_feedback where tenant_id = current_tenant() and answer_id = any (answers);
  delete from audit_payload where tenant_id = current_tenant() and leaf_id = any (leaves);
  insert into audit_erasure (tenant_id, leaf_id) select current_tenant(), unnest(leaves) on conflict do nothing;
  update answer set conversation_id = null where tenant_id = current_tenant() and answer_id = any (answers);
  delete from accepted_question where tenant_id = current_tenant() and answer_id = any (targets) and not done;
  delete from conversation where tenant_id = current_tenant() and conversation_id = any (targets);
end $$;

alter table answer_tombstone enable row level security;
alter table answer_tombstone force row level security;
create policy of_tenant on answer_tombstone to belay_worker, belay_owner
  using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()));
grant select, update on answer_tombstone to belay_worker;
revoke execute on function bury_answer(), erase_again(uuid[]) from public;
grant execute on function erase_again(uuid[]) to belay_api;

-- Runs of bounded agents: what was planned, intended and done, what waits for a person, and what stops everything.

create table agent_run (
  tenant_id int not null references tenant,
  run_id uuid not null,
  requester_id int not null,
  title text not null,
  -- 'person', a playbook as NAME@VERSION, or the name of a planner.
  planner text not null,
  state text not null default 'planned' check (state in ('planned', 'ready', 'running', 'waiting',
    'awaiting-approval', 'needs-input', 'suspended', 'completed', 'failed', 'denied', 'killed', 'compensating',
    'compensated', 'partially-compensated', 'needs-operator')),
  reason text,
  -- Whether its planner may still add steps.
  is_open boolean not null default false,
  -- Parts of the plan from this one on were added after text that nobody of us wrote had been read.
  late_from int,
  read_untrusted boolean not null default false,
  read_private boolean not null default false,
  cost int not null default 0 check (cost >= 0),
  budget int not null,
  -- Whoever works on it. A stale owner has an older fence, which every write compares.
  lease_owner text,
  lease_until timestamptz,
  fence bigint not null default 0,
  wake_at timestamptz not null default now(),
  journal_seq int not null default 0,
  journal_head text not null default '',
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now(),
  primary key (tenant_id, run_id),
  foreign key (tenant_id, requester_id) references principal (tenant_id, principal_id),
  check (cost <= budget)
);
create index on agent_run (tenant_id, requester_id, created_at desc);
create index on agent_run (wake_at) where state in ('planned', 'running', 'waiting', 'compensating');

-- The person's words and the plan: for the requester and the agent service.
create table run_plan (
  tenant_id int not null,
  run_id uuid not null,
  task text not null default '',
  -- JSON as text: jsonb refuses the character U+0000, which a value may hold.
  nodes text not null,
  slots text not null default '{}',
  -- What the dry run found.
  preview text,
  primary key (tenant_id, run_id),
  foreign key (tenant_id, run_id) references agent_run on delete cascade
);

-- Steps as everybody may see them who may see the run: no argument and no result.
create table run_step (
  tenant_id int not null,
  run_id uuid not null,
  step_id text not null,
  position int not null,
  -- Null for a question.
  contract text,
  version text,
  digest text,
  -- The same wherever the same call stands in a run.
  call_digest text,
  title text not null,
  effect text check (effect in ('read', 'reversible', 'compensable', 'irreversible')),
  peer text,
  state text not null default 'proposed' check (state in ('proposed', 'awaiting-approval', 'asking', 'intended',
    'succeeded', 'failed', 'unknown', 'skipped', 'compensation-intended', 'compensated', 'compensation-failed',
    'not-compensable')),
  reason text,
  tainted text[] not null default '{}',
  blast jsonb,
  way_back text,
  is_late boolean not null default false,
  attempts int not null default 0,
  -- The idempotency key of its call, the same in every attempt.
  key text,
  intended_at timestamptz,
  settled_at timestamptz,
  verified boolean,
  primary key (tenant_id, run_id, step_id),
  unique (tenant_id, run_id, position),
  -- A contract of Belay's own is in no table.
  foreign key (tenant_id, run_id) references agent_run on delete cascade
);
create index on run_step (tenant_id, contract, version);

-- Arguments and results: for the requester and the agent service alone.
create table run_value (
  tenant_id int not null,
  run_id uuid not null,
  step_id text not null,
  -- Canonical JSON, as text.
  arguments text,
  result text,
  result_label jsonb,
  undo_arguments text,
  primary key (tenant_id, run_id, step_id),
  foreign key (tenant_id, run_id, step_id) references run_step on delete cascade
);

-- What the person answered; the agent service takes it from here.
create table run_answer (
  tenant_id int not null,
  run_id uuid not null,
  step_id text not null,
  answer text not null,
  primary key (tenant_id, run_id, step_id),
  foreign key (tenant_id, run_id, step_id) references run_step on delete cascade
);

-- What happened, append-only: each entry's hash covers the one before it. Values are digests here.
create table run_journal (
  tenant_id int not null,
  run_id uuid not null,
  seq int not null,
  fence bigint not null,
  kind text not null,
  step_id text,
  payload jsonb not null,
  at timestamptz not null,
  previous text not null,
  hash text not null,
  primary key (tenant_id, run_id, seq),
  foreign key (tenant_id, run_id) references agent_run
);

-- What somebody is asked to allow: exactly the bytes of `text`, once.
create table run_approval (
  tenant_id int not null,
  approval_id uuid not null,
  run_id uuid not null,
  step_id text not null,
  requester_id int not null,
  text text not null,
  digest text not null,
  state text not null default 'pending' check (state in ('pending', 'granted', 'denied', 'used', 'expired', 'void')),
  approvers int not null,
  separation boolean not null,
  -- Persons who may read everything in it; null: everybody.
  readers int[],
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  primary key (tenant_id, approval_id),
  foreign key (tenant_id, run_id, step_id) references run_step on delete cascade
);
create unique index on run_approval (tenant_id, run_id, step_id) where state in ('pending', 'granted');
create index on run_approval (tenant_id, created_at) where state = 'pending';

create table run_vote (
  tenant_id int not null,
  approval_id uuid not null,
  person_id int not null,
  decision text not null check (decision in ('grant', 'deny')),
  reason text,
  at timestamptz not null default now(),
  primary key (tenant_id, approval_id, person_id),
  foreign key (tenant_id, approval_id) references run_approval on delete cascade,
  foreign key (tenant_id, person_id) references principal (tenant_id, principal_id)
);

-- How much of a resource was touched on a day (UTC), by intent: what must never be exceeded is counted here.
create table blast_use (
  tenant_id int not null references tenant,
  resource text not null,
  day date not null,
  used int not null,
  primary key (tenant_id, resource, day)
);

-- What must not act any more. Set by page, command or plain SQL:
--   set role belay_owner; insert into kill_switch (tenant_id, scope, reason) values (1, 'all', 'why');
create table kill_switch (
  tenant_id int not null references tenant,
  kill_id bigint generated always as identity,
  scope text not null check (scope in ('all', 'peer', 'contract', 'person', 'run')),
  target text check ((scope = 'all') = (target is null)),
  reason text not null,
  set_by int,
  set_at timestamptz not null default now(),
  lifted_by int,
  lifted_at timestamptz,
  -- Whether the ledger has it: what was set in the database itself is recorded by whoever sees it first.
  is_recorded boolean not null default false,
  primary key (tenant_id, kill_id),
  foreign key (tenant_id, set_by) references principal (tenant_id, principal_id),
  foreign key (tenant_id, lifted_by) references principal (tenant_id, principal_id)
);
create index on kill_switch (tenant_id) where lifted_at is null;

create function holds_role(wanted text[]) returns boolean language sql stable security definer
set search_path = public, pg_temp as $$
  select exists (
    select from principal_closure c
      join principal p on p.tenant_id = c.tenant_id and p.principal_id = c.principal_id
    where c.tenant_id = current_tenant() and c.member_id = current_person() and p.kind = 'role' and p.name = any (wanted))
$$;
revoke execute on function holds_role(text[]) from public;
grant execute on function holds_role(text[]) to belay_api;

-- Whether everybody may read all of some documents: nobody is denied anything, and everyone is allowed it.
create function read_by_everybody(documents uuid[]) returns boolean language sql stable security definer
set search_path = public, pg_temp as $$
  select not exists (
    select from unnest(documents) as named (id)
      left join document d on d.tenant_id = current_tenant() and d.document_id = named.id
      left join scope s on s.tenant_id = d.tenant_id and s.scope_id = d.scope_id
    where s.scope_id is null or cardinality(s.deny) > 0
      or not exists (select from principal p where p.tenant_id = s.tenant_id and p.kind = 'everyone'
        and p.principal_id = any (s.allow))
      or exists (select from timed_grant t where t.tenant_id = s.tenant_id and t.scope_id = s.scope_id
        and t.effect = 'deny'))
$$;
revoke execute on function read_by_everybody(uuid[]) from public;
grant execute on function read_by_everybody(uuid[]) to belay_agent;

do $$ declare name text; begin
  foreach name in array array['agent_run', 'run_plan', 'run_step', 'run_value', 'run_answer', 'run_journal', 'run_approval',
    'run_vote', 'blast_use', 'kill_switch'] loop
    execute format('alter table %I enable row level security', name);
    execute format('alter table %I force row level security', name);
    execute format('create policy of_agent on %I to belay_agent, belay_owner
      using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()))', name);
  end loop;
  foreach name in array array['tool_contract', 'tool_drift'] loop
    execute format('create policy of_agent on %I to belay_agent
      using (tenant_id = (select current_tenant())) with check (tenant_id = (select current_tenant()))', name);
  end loop;
end $$;

-- A run is its requester's; its outline is also seen by whoever works on tools and by administrators.
create policy outline on agent_run to belay_api using (tenant_id = (select current_tenant())
  and (requester_id = (select current_person()) or (select holds_role(array['admin', 'developer', 'approver']))))
  with check (tenant_id = (select current_tenant()));
create policy outline on run_step for select to belay_api using (tenant_id = (select current_tenant())
  and exists (select from agent_run r where r.tenant_id = run_step.tenant_id and r.run_id = run_step.run_id));
create policy outline on run_journal for select to belay_api using (tenant_id = (select current_tenant())
  and exists (select from agent_run r where r.tenant_id = run_journal.tenant_id and r.run_id = run_journal.run_id));
create policy own on run_plan to belay_api using (tenant_id = (select current_tenant())
  and exists (select from agent_run r where r.tenant_id = run_plan.tenant_id and r.run_id = run_plan.run_id
    and r.requester_id = (select current_person())))
  with check (tenant_id = (select current_tenant()));
create policy own on run_answer to belay_api using (tenant_id = (select current_tenant())
  and exists (select from agent_run r where r.tenant_id = run_answer.tenant_id and r.run_id = run_answer.run_id
    and r.requester_id = (select current_person())));
create policy own on run_value for select to belay_api using (tenant_id = (select current_tenant())
  and exists (select from agent_run r where r.tenant_id = run_value.tenant_id and r.run_id = run_value.run_id
    and r.requester_id = (select current_person())));
-- What is to be approved is shown only to somebody who may read all that is in it.
create policy may_read on run_approval to belay_api using (tenant_id = (select current_tenant())
  and (requester_id = (select current_person())
    or ((readers is null or (select current_person()) = any (readers))
      and (select holds_role(array['admin', 'approver'])))))
  with check (tenant_id = (select current_tenant()));
create policy of_approval on run_vote to belay_api using (tenant_id = (select current_tenant())
  and exists (select from run_approval a where a.tenant_id = run_vote.tenant_id
    and a.approval_id = run_vote.approval_id))
  with check (tenant_id = (select current_tenant()) and person_id = (select current_person()));
create policy of_tenant on blast_use for select to belay_api using (tenant_id = (select current_tenant()));
create policy of_owner on kill_switch to belay_owner using (true) with check (true);
create policy of_tenant on kill_switch to belay_api using (tenant_id = (select current_tenant()))
  with check (tenant_id = (select current_tenant()));

grant select on agent_run, run_step, run_value, run_journal, run_approval, blast_use to belay_api;
grant select, insert on run_plan, run_answer, run_vote, kill_switch to belay_api;
grant insert on agent_run to belay_api;
-- Starting, cancelling and taking back: the agent service alone moves a run otherwise.
grant update (state, reason, wake_at, changed_at) on agent_run to belay_api;
grant update (state) on run_approval to belay_api;
grant update (lifted_by, lifted_at, is_recorded) on kill_switch to belay_api;

grant select, insert, update on agent_run, run_plan, run_step, run_value, run_approval, blast_use to belay_agent;
grant select, insert on run_journal to belay_agent;
grant insert on audit_leaf, audit_payload to belay_agent;
grant select on run_vote, run_answer to belay_agent;
grant select, update (is_recorded) on kill_switch to belay_agent;
grant select on tool_contract, principal, principal_closure, membership, tenant, embedding_generation to belay_agent;
grant insert on tool_drift to belay_agent;
grant select, update (state, reason, changed_at) on tool_contract to belay_agent;

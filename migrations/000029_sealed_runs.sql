-- What runs hold is sealed by the services before it comes here, and forgotten when its contracts' retention is over.
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

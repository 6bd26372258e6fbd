-- A run that was to be taken back and of which nothing was: by a switch, a contract out of use or a server that is away,
-- or because nothing of it can be.
alter table agent_run drop constraint agent_run_state_check;
alter table agent_run add constraint agent_run_state_check check (state in ('planned', 'ready', 'running', 'waiting',
  'awaiting-approval', 'needs-input', 'suspended', 'completed', 'failed', 'denied', 'killed', 'compensating',
  'compensated', 'partially-compensated', 'not-compensated', 'needs-operator'));

drop index agent_run_changed_at_idx;
create index on agent_run (changed_at) where forget_at is null and forgotten_at is null
  and state in ('completed', 'failed', 'denied', 'killed', 'compensated', 'partially-compensated', 'not-compensated',
    'needs-operator');

drop trigger void_approvals on agent_run;
create trigger void_approvals after update of state on agent_run for each row
  when (new.state is distinct from old.state and new.state in ('completed', 'failed', 'denied', 'killed', 'compensated',
    'partially-compensated', 'not-compensated', 'needs-operator'))
  execute function void_approvals();

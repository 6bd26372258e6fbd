-- A step that waited for somebody, or for its turn, is left out when its run ends, whoever ends it.
create or replace function void_approvals() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  update run_approval set state = 'void'
  where tenant_id = new.tenant_id and run_id = new.run_id and state in ('pending', 'granted');
  update run_step set state = 'skipped', reason = null
  where tenant_id = new.tenant_id and run_id = new.run_id and state in ('proposed', 'awaiting-approval', 'asking');
  return null;
end $$;

select set_config('belay.tenant', '1', true);
update run_step s set state = 'skipped', reason = null from agent_run r
where r.tenant_id = s.tenant_id and r.run_id = s.run_id and s.state in ('proposed', 'awaiting-approval', 'asking')
  and r.state in ('completed', 'failed', 'denied', 'killed', 'compensating', 'compensated', 'partially-compensated',
    'not-compensated', 'needs-operator');

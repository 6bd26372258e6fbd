-- What waits for a person ends with its run, whoever ends it and whether or not they may read what it says.
create function void_approvals() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  update run_approval set state = 'void'
  where tenant_id = new.tenant_id and run_id = new.run_id and state in ('pending', 'granted');
  return null;
end $$;
revoke execute on function void_approvals() from public;
create trigger void_approvals after update of state on agent_run for each row
  when (new.state is distinct from old.state and new.state in ('completed', 'failed', 'denied', 'killed', 'compensated',
    'partially-compensated', 'needs-operator'))
  execute function void_approvals();
create index on run_approval (tenant_id, requester_id) where state = 'pending';

-- Every intent looks for switches that are set; stopped runs leave many behind.
drop index kill_switch_tenant_id_idx;
create index on kill_switch (tenant_id, scope, target) where lifted_at is null;

-- Whether somebody may read all of some documents now: what a run holds of them is shown and used only then.
create function still_readable(reader int, documents uuid[]) returns boolean language sql stable security definer
set search_path = public, pg_temp as $$
  with stands_for as (
    select array_agg(c.principal_id) as ids
    from principal p join principal_closure c on c.tenant_id = p.tenant_id and c.member_id = p.principal_id
    where p.tenant_id = current_tenant() and p.principal_id = reader and p.kind = 'person' and p.active
  )
  select coalesce(nullif(current_setting('belay.person', true), '')::int, reader) = reader and not exists (
    select from unnest(documents) as named (id)
      cross join stands_for f
      left join document d on d.tenant_id = current_tenant() and d.document_id = named.id
      left join scope s on s.tenant_id = d.tenant_id and s.scope_id = d.scope_id
    where f.ids is null or s.scope_id is null
      or not (s.allow && f.ids or exists (
        select from timed_grant t where t.tenant_id = s.tenant_id and t.scope_id = s.scope_id
          and t.effect = 'allow' and t.expires_at > now() and t.principal_id = any (f.ids)))
      or s.deny && f.ids or exists (
        select from timed_grant t where t.tenant_id = s.tenant_id and t.scope_id = s.scope_id
          and t.effect = 'deny' and t.expires_at > now() and t.principal_id = any (f.ids)))
$$;
revoke execute on function still_readable(int, uuid[]) from public;
grant execute on function still_readable(int, uuid[]) to belay_api, belay_agent;

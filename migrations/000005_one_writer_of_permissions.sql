create or replace function derive_scope(root int) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare affected int[];
begin
  -- One writer at a time: each statement below then sees every grant and scope that was committed before, so that
  -- two changes at once cannot each derive without the other's.
  perform pg_advisory_xact_lock(7423, current_tenant());
  with recursive below as (
    select scope_id from scope where tenant_id = current_tenant() and scope_id = root
    union all
    select s.scope_id from scope s join below b on s.parent_id = b.scope_id
    where s.tenant_id = current_tenant() and s.inherits
  ) select array_agg(scope_id) into affected from below;
  with recursive chain as (
    select s.scope_id as target, s.scope_id, s.parent_id, s.inherits from scope s
    where s.tenant_id = current_tenant() and s.scope_id = any (affected)
    union all
    select c.target, p.scope_id, p.parent_id, p.inherits from chain c
    join scope p on p.tenant_id = current_tenant() and p.scope_id = c.parent_id where c.inherits
  ), effective as (
    select c.target,
      coalesce(array_agg(distinct g.principal_id) filter (where g.effect = 'allow'), '{}') as allow,
      coalesce(array_agg(distinct g.principal_id) filter (where g.effect = 'deny'), '{}') as deny
    from chain c left join access_grant g
      on g.tenant_id = current_tenant() and g.scope_id = c.scope_id and g.expires_at is null
    group by c.target
  )
  update scope s set allow = e.allow, deny = e.deny from effective e
  where s.tenant_id = current_tenant() and s.scope_id = e.target;
  delete from timed_grant where tenant_id = current_tenant() and scope_id = any (affected);
  with recursive chain as (
    select s.scope_id as target, s.scope_id, s.parent_id, s.inherits from scope s
    where s.tenant_id = current_tenant() and s.scope_id = any (affected)
    union all
    select c.target, p.scope_id, p.parent_id, p.inherits from chain c
    join scope p on p.tenant_id = current_tenant() and p.scope_id = c.parent_id where c.inherits
  )
  insert into timed_grant
  select distinct current_tenant(), c.target, g.principal_id, g.effect, g.expires_at
  from chain c join access_grant g on g.tenant_id = current_tenant() and g.scope_id = c.scope_id
  where g.expires_at is not null;
end $$;

-- Adding one member to a company of 10,000 must not cost what rebuilding the company costs: only the closure of the
-- principals at and below a changed membership is computed again.
create function refresh_closure(changed int[]) returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare affected int[];
begin
  with recursive below (id) as (
    select unnest(changed)
    union
    select m.member_id from below b
    join membership m on m.tenant_id = current_tenant() and m.container_id = b.id
  ) select array_agg(id) into affected from below;
  -- A new cycle runs through a changed membership, and so through one of these.
  if exists (
    with recursive reach (start_id, id) as (
      select m.member_id, m.container_id from membership m
      where m.tenant_id = current_tenant() and m.member_id = any (affected)
      union
      select r.start_id, m.container_id from reach r
      join membership m on m.tenant_id = current_tenant() and m.member_id = r.id
    ) select from reach where start_id = id
  ) then
    raise exception 'membership cycle' using errcode = 'BL001';
  end if;
  with recursive reach (member_id, principal_id) as (
    select p.principal_id, p.principal_id from principal p
    where p.tenant_id = current_tenant() and p.principal_id = any (affected)
    union
    select r.member_id, m.container_id from reach r
    join membership m on m.tenant_id = current_tenant() and m.member_id = r.principal_id
  ), wanted as (
    select member_id, principal_id from reach
    union
    select p.principal_id, e.principal_id from principal p
    join principal e on e.tenant_id = p.tenant_id and e.kind = 'everyone'
    where p.tenant_id = current_tenant() and p.principal_id = any (affected) and p.kind = 'person'
  ), stale as (
    -- A set operation stays linear where the planner knows nothing yet of what was just written.
    select c.member_id, c.principal_id from principal_closure c
    where c.tenant_id = current_tenant() and c.member_id = any (affected)
    except select member_id, principal_id from wanted
  ), removed as (
    delete from principal_closure c using stale s
    where c.tenant_id = current_tenant() and c.member_id = s.member_id and c.principal_id = s.principal_id
  )
  insert into principal_closure select current_tenant(), member_id, principal_id from wanted
  on conflict do nothing;
end $$;
revoke execute on function refresh_closure(int[]) from public;

-- One writer at a time: two concurrent changes could otherwise each miss the other's edge. The lock is taken in a
-- statement of its own, so that what follows sees everything that was committed before it.
create function closure_after_join() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
declare changed int[];
begin
  select array_agg(distinct member_id) into changed from come;
  if changed is null then return null; end if;
  perform pg_advisory_xact_lock(7420, current_tenant());
  perform refresh_closure(changed);
  return null;
end $$;
create function closure_after_leave() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
declare changed int[];
begin
  select array_agg(distinct member_id) into changed from gone;
  if changed is null then return null; end if;
  perform pg_advisory_xact_lock(7420, current_tenant());
  perform refresh_closure(changed);
  return null;
end $$;
create function closure_after_move() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
declare changed int[];
begin
  select array_agg(distinct member_id) into changed
  from (select member_id from come union select member_id from gone) both_sides;
  if changed is null then return null; end if;
  perform pg_advisory_xact_lock(7420, current_tenant());
  perform refresh_closure(changed);
  return null;
end $$;
-- A new principal is in itself and a person in everyone; everyone, when it is new, holds every person.
create function closure_of_new_principals() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
declare changed int[];
begin
  select array_agg(principal_id) into changed from come;
  if changed is null then return null; end if;
  perform pg_advisory_xact_lock(7420, current_tenant());
  if exists (select from come where kind = 'everyone') then
    select array_agg(principal_id) into changed from principal where tenant_id = current_tenant();
  end if;
  perform refresh_closure(changed);
  return null;
end $$;

drop trigger closure_of_membership on membership;
drop trigger closure_of_principal on principal;
drop function rebuild_closure();
create trigger closure_of_join after insert on membership
  referencing new table as come for each statement execute function closure_after_join();
create trigger closure_of_leave after delete on membership
  referencing old table as gone for each statement execute function closure_after_leave();
create trigger closure_of_move after update on membership
  referencing old table as gone new table as come for each statement execute function closure_after_move();
create trigger closure_of_principal after insert on principal
  referencing new table as come for each statement execute function closure_of_new_principals();

-- The ledger is read by time, and by who did what to what. Headers are JSON that only this product writes.
create index audit_leaf_by_time on audit_leaf (tenant_id, created_at desc, leaf_id desc);
create index audit_leaf_by_actor on audit_leaf (tenant_id, ((header::jsonb ->> 'actor')), created_at desc);
create index audit_leaf_by_resource on audit_leaf (tenant_id, ((header::jsonb ->> 'resource')), created_at desc);

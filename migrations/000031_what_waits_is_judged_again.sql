-- What waits for a person is judged again by who may read it now, and lists of runs are read in their order.

-- Documents whose text may be in what is to be allowed.
alter table run_approval add column documents uuid[] not null default '{}';

create index on agent_run (tenant_id, created_at desc, run_id desc);

-- What is known of a run that is still to be settled, and who said what it was asked for with.

-- How a run ends once what is still open of it is settled: {"state", "reason"}.
alter table agent_run add column ending jsonb;
-- Whether a program with a key said it.
alter table run_plan add column is_of_program boolean not null default false;
alter table run_answer add column is_of_program boolean not null default false;
-- Whether its probe found something before the call, where what it finds may be another's.
alter table run_step add column found_before boolean;

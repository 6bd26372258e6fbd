-- The embedded server has no autovacuum: without statistics it checks a foreign key of `posting` by reading every
-- chunk of the scope, and a large document holds it for minutes. The worker asks for them as the index grows.
create function refresh_statistics() returns void language plpgsql security definer
set search_path = public, pg_temp as $$
declare g record;
begin
  analyze scope, document, document_version, chunk, posting, term_scope;
  for g in select generation_id from embedding_generation where tenant_id = current_tenant() loop
    execute format('analyze %I', 'embedding_' || g.generation_id);
  end loop;
end $$;
revoke execute on function refresh_statistics() from public;
grant execute on function refresh_statistics() to belay_worker;

-- Statistics keep samples of values, which would outlive what is deleted: none are taken of content.
alter table collection alter column title set statistics 0;
alter table document alter column title set statistics 0, alter column path set statistics 0,
  alter column path_key set statistics 0;
alter table document_version alter column body set statistics 0, alter column staging set statistics 0,
  alter column outline set statistics 0, alter column error_detail set statistics 0;
alter table document_original alter column bytes set statistics 0;
alter table chunk alter column body set statistics 0, alter column heading set statistics 0;
alter table answer_payload alter column question set statistics 0;
alter table audit_payload alter column payload set statistics 0;

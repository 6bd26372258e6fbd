-- Erases one answer of the person of this transaction, on the ledger too: its question, what was said of it, and how
-- later questions were understood through it. Counts by what was removed; null where the person has no such answer.
create function erase_answer(target uuid) returns jsonb language plpgsql security definer
set search_path = public, pg_temp as $$
declare leaf uuid; readings int; opinions int; payloads int;
begin
  select a.leaf_id into leaf from answer a
  where a.tenant_id = current_tenant() and a.person_id = current_person() and a.answer_id = target
    and exists (select from answer_payload p where p.tenant_id = a.tenant_id and p.answer_id = a.answer_id)
  for update;
  if not found then return null; end if;
  -- A reading is the question with words of the one before it, and so of those before that one.
  with recursive later (answer_id) as (
    select target
    union
    select a.answer_id from later l join answer a on a.record #>> '{request,after}' = l.answer_id::text
    where a.tenant_id = current_tenant() and a.person_id = current_person()
  )
  update answer_payload p set understood = null
  where p.tenant_id = current_tenant() and p.understood is not null and p.answer_id <> target
    and p.answer_id in (select answer_id from later);
  get diagnostics readings = row_count;
  delete from answer_feedback where tenant_id = current_tenant() and answer_id = target;
  get diagnostics opinions = row_count;
  delete from answer_payload where tenant_id = current_tenant() and answer_id = target;
  delete from audit_payload where tenant_id = current_tenant() and leaf_id = leaf;
  get diagnostics payloads = row_count;
  insert into audit_erasure (tenant_id, leaf_id) select current_tenant(), leaf where leaf is not null
  on conflict do nothing;
  -- What stays are spans and digests, which say nothing, and belong to no conversation.
  update answer set conversation_id = null
  where tenant_id = current_tenant() and person_id = current_person() and answer_id = target;
  return jsonb_build_object('question', 1, 'feedback', opinions, 'ledgerPayload', payloads, 'readings', readings);
end $$;

-- What is left of the content of an erased answer: rows by table, for the check of its receipt.
create function answer_remains(target uuid) returns jsonb language sql stable security definer
set search_path = public, pg_temp as $$
  select coalesce(jsonb_object_agg(found.name, found.n), '{}') from (
    select 'answer_payload' as name, count(*) as n from answer_payload
      where tenant_id = current_tenant() and answer_id = target
    union all
    select 'answer_feedback', count(*) from answer_feedback
      where tenant_id = current_tenant() and answer_id = target
    union all
    select 'accepted_question', count(*) from accepted_question
      where tenant_id = current_tenant() and answer_id = target and not done
    union all
    select 'audit_payload', count(*) from audit_payload p
      join answer a on a.tenant_id = p.tenant_id and a.leaf_id = p.leaf_id
      where p.tenant_id = current_tenant() and a.answer_id = target
  ) found where found.n > 0
$$;

-- Spans quoted by answers whose person found them useful and shares the question. The text of a span is read apart,
-- under the rights of whoever exports it. A follow-up is left out: alone it asks nothing, and what it was understood
-- as holds questions that were not shared.
create function shared_examples()
returns table (answer_id uuid, question text, outcome text, document_id uuid, version_id uuid, start_offset int,
  end_offset int, sha256 text)
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  perform require_admin();
  return query select a.answer_id, p.question, a.outcome, c.document_id, c.version_id, c.start_offset, c.end_offset,
    c.sha256
  from answer_feedback f
  join answer a on a.tenant_id = f.tenant_id and a.answer_id = f.answer_id
  join answer_payload p on p.tenant_id = f.tenant_id and p.answer_id = f.answer_id and p.understood is null
  left join answer_citation c on c.tenant_id = a.tenant_id and c.answer_id = a.answer_id
  where f.tenant_id = current_tenant() and f.shared and f.useful and a.record #>> '{request,after}' is null
  order by f.updated_at, a.answer_id, c.ordinal;
end $$;

revoke execute on function erase_answer(uuid), answer_remains(uuid), shared_examples() from public;
grant execute on function erase_answer(uuid), answer_remains(uuid), shared_examples() to belay_api;

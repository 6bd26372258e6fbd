-- In which languages a scope's passages are written, and how many in each: every search asks, and reading all of the
-- caller's passages for it took longer than either leg of the search.
create table scope_language (
  tenant_id int not null,
  scope_id int not null,
  language text not null,
  chunk_count int not null,
  primary key (tenant_id, scope_id, language),
  foreign key (tenant_id, scope_id) references scope (tenant_id, scope_id) on delete cascade
);
select protect_content('scope_language');

select set_config('belay.tenant', '1', true);
insert into scope_language
select tenant_id, scope_id, language, count(*) from chunk group by 1, 2, 3;

create function count_languages() returns trigger language plpgsql security definer
set search_path = public, pg_temp as $$
begin
  -- Rows are locked in key order, so that concurrent writers cannot deadlock.
  if tg_op <> 'INSERT' then
    update scope_language l set chunk_count = l.chunk_count - g.n
    from (select tenant_id, scope_id, language, count(*) as n from gone group by 1, 2, 3 order by 1, 2, 3) g
    where l.tenant_id = g.tenant_id and l.scope_id = g.scope_id and l.language = g.language;
  end if;
  if tg_op <> 'DELETE' then
    insert into scope_language as l
    select tenant_id, scope_id, language, count(*) from come group by 1, 2, 3 order by 1, 2, 3
    on conflict (tenant_id, scope_id, language) do update set chunk_count = l.chunk_count + excluded.chunk_count;
  end if;
  if tg_op <> 'INSERT' then
    delete from scope_language l using (select distinct tenant_id, scope_id, language from gone) g
    where l.tenant_id = g.tenant_id and l.scope_id = g.scope_id and l.language = g.language and l.chunk_count = 0;
  end if;
  return null;
end $$;
create trigger chunk_languages_insert after insert on chunk
  referencing new table as come for each statement execute function count_languages();
create trigger chunk_languages_update after update on chunk
  referencing old table as gone new table as come for each statement execute function count_languages();
create trigger chunk_languages_delete after delete on chunk
  referencing old table as gone for each statement execute function count_languages();

-- The text of a version in parts of bounded size, each with the place of its first character: a large document is
-- read, cut, embedded and indexed part by part, and no process ever holds all of it. The text of a version is its
-- parts' bodies one after another; offsets are UTF-16 code units of that text.
create table document_part (
  tenant_id int not null,
  version_id uuid not null,
  document_id uuid not null,
  scope_id int not null,
  ordinal int not null,
  start_offset int not null,
  end_offset int not null,
  body text not null,
  language text not null,
  -- Headings that begin here, and those above its first character.
  headings jsonb not null,
  path jsonb not null,
  -- Where pages begin here, after so many pages before; null where a format has none.
  first_page int not null,
  pages jsonb,
  -- Where runs of its text stand on their pages.
  boxes jsonb,
  indexed boolean not null default false,
  primary key (tenant_id, version_id, ordinal),
  foreign key (tenant_id, version_id) references document_version on delete cascade,
  foreign key (tenant_id, document_id, scope_id) references document (tenant_id, document_id, scope_id)
    on update cascade on delete cascade
);
create index on document_part (tenant_id, document_id);
alter table document_part alter column body set statistics 0, alter column headings set statistics 0,
  alter column path set statistics 0, alter column boxes set statistics 0;
select protect_content('document_part');

-- What was read before is one part. What was under way is read again.
select set_config('belay.tenant', '1', true);
insert into document_part (tenant_id, version_id, document_id, scope_id, ordinal, start_offset, end_offset, body,
  language, headings, path, first_page, pages, indexed)
select tenant_id, version_id, document_id, scope_id, 0, 0,
  char_length(body) + char_length(regexp_replace(body, '[^\U00010000-\U0010FFFF]', '', 'g')), body,
  coalesce(language, 'und'), coalesce(outline, '[]'), '[]', 0, nullif(pages, 'null'), true
from document_version where body is not null and stage = 'ready';
update document_version set stage = 'parse', attempts = 0 where stage in ('chunk', 'embed', 'index');
alter table document_version drop column body, drop column body_sha256, drop column outline, drop column pages,
  drop column staging;

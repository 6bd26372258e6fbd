-- Whose turn it is goes by who brought a version, who may be somebody else than whoever uploaded its document first.
alter table document_version add column uploaded_by integer;
select set_config('belay.tenant', '1', true);
update document_version v set uploaded_by = d.uploaded_by from document d
where d.tenant_id = v.tenant_id and d.document_id = v.document_id;
alter table document_version alter column uploaded_by set not null;
grant select (uploaded_by) on document_version to belay_api;

create index document_version_in_line on document_version (tenant_id, uploaded_by, stage, created_at)
  where stage not in ('ready', 'failed');
drop index document_version_tenant_id_stage_idx;

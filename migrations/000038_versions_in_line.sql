-- Of each uploader only the oldest versions under way are looked at, for each stage.
create index document_version_in_line on document_version (tenant_id, stage, created_at)
  where stage not in ('ready', 'failed');
drop index document_version_tenant_id_stage_idx;

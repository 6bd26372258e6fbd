-- A person finds the receipts of what they deleted again, without reading the whole ledger.
create index audit_leaf_deletion on audit_leaf
  (tenant_id, ((header::jsonb ->> 'actor')), created_at desc, leaf_id desc)
  where header::jsonb ->> 'type' in ('document.delete', 'answer.delete');

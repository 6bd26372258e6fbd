-- What a term scores in a chunk is read from the index alone: the rows of a term lie all over the table. Searches go on
-- while it is built.
create unique index posting_covering on posting (tenant_id, term_id, scope_id, chunk_id)
  include (frequency, chunk_length);
alter table posting drop constraint posting_pkey,
  add constraint posting_pkey primary key using index posting_covering;

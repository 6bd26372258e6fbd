-- What a term scores in a chunk is read from the index alone: the rows of a term lie all over the table.
alter table posting drop constraint posting_pkey;
alter table posting add primary key (tenant_id, term_id, scope_id, chunk_id) include (frequency, chunk_length);

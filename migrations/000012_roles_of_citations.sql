-- What a quote is for: it answers, or it contradicts one that answers; and in a comparison which side it speaks for.
alter table answer_citation
  add column role text not null default 'answer' check (role in ('answer', 'conflicting')),
  add column side smallint check (side in (0, 1));

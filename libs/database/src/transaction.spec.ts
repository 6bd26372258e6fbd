import { expect, it } from '@jest/globals';
import { kept, sql } from './sql.js';
import { StatementNames } from './transaction.js';

// Two processes behind one pooler may share a connection, and send their statements in another order.
it('law-3: a kept statement has the same name in every process, and no other statement has it', () => {
  const [mine, theirs] = [new StatementNames(), new StatementNames()];
  const texts = ['select 1', 'delete from tenant'];
  const names = texts.map((text) => mine.of({ text }));
  expect([...texts].reverse().map((text) => theirs.of({ text }))).toEqual([...names].reverse());
  expect(new Set(names).size).toBe(2);
  for (const name of names) expect(name).toMatch(/^[\w-]{1,63}$/);
});

it('has no name for a statement that does not say that it may be kept, where only those are', () => {
  const names = new StatementNames(true);
  expect(names.of(sql`select ${1}::int`)).toBeUndefined();
  expect(names.of(kept`select ${1}::int`)).toBe(new StatementNames().of({ text: 'select $1::int' }));
  expect(names.of(sql`${kept`select ${1}::int`} where true`)).toBeUndefined();
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { isContinuation, resolveFollowUp } from './resolve-follow-up.js';

interface Row {
  readonly language: string;
  readonly first: string;
  readonly then: string;
  readonly reading: string;
}
const read = (name: string): Row[] =>
  readFileSync(new URL(`../../fixtures/${name}.jsonl`, import.meta.url), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Row);
const after = (text: string) => ({ answerId: '', text, borrowed: [] });

// The end-to-end fixtures of English are in apps/cli/fixtures; here is what other languages are understood as.
describe('a follow-up in German, French and Spanish', () => {
  it.each(read('follow-ups').map((row) => [`${row.language}: ${row.first} ${row.then}`, row] as const))(
    '%s',
    (_, { first, then, reading }) => {
      expect(resolveFollowUp(then, after(first))?.texts).toContain(reading);
    },
  );

  it.each(read('topic-switches').map((row) => [`${row.language}: ${row.then}`, row] as const))(
    'a change of topic inherits nothing: %s',
    (_, { first, then }) => {
      expect(resolveFollowUp(then, after(first))).toBeUndefined();
    },
  );

  it.each(['Who founded the company?', 'Who repaired pump P7?'])(
    'a verb with its object after "who" asks by itself: %s',
    (question) => {
      const before = after('How many vacation days do employees get?');
      expect(resolveFollowUp(question, before)).toBeUndefined();
      expect(resolveFollowUp('Who approves?', before)?.texts).toEqual([
        'Who approves vacation days employees?',
      ]);
    },
  );

  it.each(['Und in Porto?', 'Et à Porto ?', '¿Y en Porto?', 'And in Porto?'])(
    'without a question before it, "%s" asks nothing',
    (question) => expect(isContinuation(question)).toBe(true),
  );
});

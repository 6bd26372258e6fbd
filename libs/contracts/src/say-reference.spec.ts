import { describe, expect, it } from '@jest/globals';
import { type PlannedPlace, sayLoop, sayReference } from './say-reference.js';

const step = (id: string, title: string, contract: string | null = 'a.b@1.0.0') => ({ id, title, contract });
const PLAN = [
  step('find', 'Find tickets'),
  step('which', 'Which ticket?', null),
  step('read', 'Read a ticket'),
  step('one', 'Comment'),
  step('two', 'Comment'),
];
const TICKETS = { id: 'ticket', over: { $from: 'find', at: '/tickets' } };
const place = (...loops: PlannedPlace['loops']): PlannedPlace => ({ loops, plan: PLAN });
const say = (from: string, at = '', ...loops: PlannedPlace['loops']): string =>
  sayReference({ $from: from, at }, place(...loops));

describe('a value that is not known yet is said to be', () => {
  it('the result of a step, by its title and place', () => {
    expect(say('find', '/tickets/0/id')).toBe('the result of “Find tickets” (tickets/0/id)');
    expect(say('find')).toBe('the result of “Find tickets”');
    expect(say('read.2', '/id')).toBe('the result of “Read a ticket” in round 2 (id)');
    expect(say('gone')).toBe('the result of step “gone”');
    expect(say('two')).toBe('the result of “Comment”, step two,');
  });

  it('what its person says', () => {
    expect(say('slots', '/who')).toBe('what you said (who)');
    expect(say('which')).toBe('your answer to “Which ticket?”');
  });

  it('an element of what a loop goes over, by the name of the loop and as its round', () => {
    const each = 'each of the results of “Find tickets” (tickets)';
    expect(say('round', '', TICKETS)).toBe(each);
    expect(say('round', '/id', TICKETS)).toBe(`${each}: id`);
    expect(say('ticket', '/id', TICKETS)).toBe(`${each}: id`);
    expect(sayLoop(place(TICKETS))).toBe(each);
    expect(say('round', '', { id: 'task', over: { $from: 'slots', at: '/tasks' } })).toBe(
      'each of the list “tasks”',
    );
    expect(sayLoop(place())).toBeUndefined();
  });

  it('of the innermost loop, or of the one that is named', () => {
    const comments = { id: 'comment', over: { $from: 'ticket', at: '/comments' } };
    const each = 'each of the results of “Find tickets” (tickets)';
    expect(say('round', '/by', TICKETS, comments)).toBe(`each of comments of ${each}: by`);
    expect(say('ticket', '/id', TICKETS, comments)).toBe(`${each}: id`);
    expect(say('find', '', TICKETS)).toBe('the result of “Find tickets”');
    // What goes over a round that is no list's.
    expect(say('round', '', TICKETS, { id: 'part', over: { $from: 'round', at: '' } })).toBe(
      `each part of ${each}`,
    );
  });

  it('something in turn where a preview of before says no more', () => {
    expect(say('round', '/id')).toBe('each one in turn (id)');
  });
});

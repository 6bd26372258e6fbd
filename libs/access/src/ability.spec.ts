import { describe, expect, it } from '@jest/globals';
import { abilityOf, type Action, type Subject } from './ability.js';

const ALL: [Action, Subject][] = (['ask', 'read', 'write', 'administer'] as const).flatMap((action) =>
  (['Answer', 'Document', 'Collection', 'Permission', 'Identity', 'ApiKey', 'Audit', 'Session'] as const).map(
    (subject): [Action, Subject] => [action, subject],
  ),
);
const allowed = (roles: string[], actions: string[] | null): string[] => {
  const ability = abilityOf({ roles, actions } as Parameters<typeof abilityOf>[0]);
  return ALL.filter(([action, subject]) => ability.can(action, subject)).map((pair) => pair.join(' '));
};

describe('what a person may do', () => {
  it('law-1: a key does what it was made for and never more than its person', () => {
    expect(allowed(['member'], ['ask'])).toEqual(['ask Answer']);
    expect(allowed(['member', 'admin'], ['read'])).toEqual(
      ['Answer', 'Document', 'Collection', 'Permission', 'Session'].map((subject) => `read ${subject}`),
    );
    expect(allowed(['member'], ['administer'])).toEqual([]);
    expect(allowed(['member', 'admin'], [])).toEqual([]);
    const everything = ['ask', 'read', 'write', 'administer'];
    const own = allowed(['member', 'admin'], null);
    expect(own).toEqual(expect.arrayContaining(allowed(['member', 'admin'], everything)));
    // Keys are made by people, not by keys.
    expect(allowed(['member', 'admin'], everything)).not.toContain('write ApiKey');
    expect(own).toContain('write ApiKey');
  });

  it('law-1: only an admin administers', () => {
    expect(allowed(['member', 'developer'], null).filter((right) => right.startsWith('administer'))).toEqual(
      [],
    );
  });

  it('law-3: what a program asks for with a key, a key does not allow', () => {
    const may = (actions: string[] | null): boolean[] => {
      const person = { roles: ['member', 'developer', 'admin'], actions };
      const ability = abilityOf(person as Parameters<typeof abilityOf>[0]);
      return [ability.can('approve', 'Run'), ability.can('approve', 'Tool'), ability.can('act', 'Run')];
    };
    expect(may(null)).toEqual([true, true, true]);
    expect(may(['ask', 'read', 'write', 'act', 'administer'])).toEqual([false, false, true]);
    expect(may(['approve'])).toEqual([false, false, false]);
  });
});

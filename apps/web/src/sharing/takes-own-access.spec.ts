import { describe, expect, it } from '@jest/globals';
import { takesOwnAccess } from './takes-own-access';

describe('a change of permissions that takes away one’s own access', () => {
  it.each([
    ['revoke', 'person:ada', 'allow', true],
    ['revoke', 'everyone', 'allow', true],
    ['revoke', 'person:ada', 'deny', false],
    ['revoke', 'person:ben', 'allow', false],
    ['add', 'person:ada', 'deny', true],
    ['add', 'everyone', 'deny', true],
    ['add', 'person:ada', 'allow', false],
    ['add', 'group:crew', 'deny', false],
  ] as const)('%s %s %s: %s', (change, principal, effect, takes) =>
    expect(takesOwnAccess(change, { principal, effect }, 'ada')).toBe(takes),
  );
});

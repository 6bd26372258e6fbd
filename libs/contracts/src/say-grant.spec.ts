import { describe, expect, it } from '@jest/globals';
import { sayExplanation, sayReader } from './say-grant.js';

const STEP = {
  principal: 'group:finance',
  displayName: 'Finance Team',
  via: ['group:leads'],
  viaNames: ['Leads'],
  effect: 'allow' as const,
  on: 'tea-corner',
  inherited: true,
  counts: true,
};
const ALVA = { person: 'alva', displayName: 'Alva Sundqvist', because: '' };

describe('a grant in words', () => {
  it('names people and groups as they are called, and says where it was given', () => {
    const own = { principal: 'person:alva', displayName: 'Alva Sundqvist', on: 'x', inherited: false };
    expect(sayReader({ ...ALVA, grant: own })).toBe('given here');
    expect(sayReader({ ...ALVA, grant: STEP })).toBe('given to the group Finance Team on tea-corner');
    const everyone = { principal: 'everyone', displayName: 'Everyone', on: 'tea-corner', inherited: true };
    expect(sayReader({ ...ALVA, grant: everyone })).toBe('given to everyone on tea-corner');
    expect(sayReader({ ...ALVA, grant: null })).toBe('by a grant that ended just now');
  });

  it('says what decides', () => {
    const document = '5ec8e03a-0000-4000-8000-000000000000';
    const explained = { ...ALVA, document, readable: true, reason: '', steps: [STEP] };
    expect(sayExplanation(explained, 'this document')).toBe(
      'Alva Sundqvist may read this document: the group Finance Team may read, given on tea-corner; through Leads.',
    );
    expect(sayExplanation({ ...explained, readable: false, steps: [] }, '“Plan”')).toBe(
      'Alva Sundqvist may not read “Plan”: no grant that counts is for them or for a group or role of theirs.',
    );
  });
});

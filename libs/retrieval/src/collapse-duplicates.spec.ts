import { describe, expect, it } from '@jest/globals';
import { collapseDuplicates } from './collapse-duplicates.js';

const RULE =
  'Visitors sign in at the desk, wear the badge at all times, and are fetched by the colleague who invited them. ' +
  'Photographs are taken in the lobby only, and the badge is given back before 18 o’clock.';
const passage = (documentId: string, text: string) => ({ documentId, text });

describe('collapsing near-duplicates', () => {
  it('keeps the first copy and names the others once, in their order', () => {
    const other = RULE.replace('Visitors', 'All visitors');
    const found = collapseDuplicates([
      passage('a', RULE),
      passage('b', other),
      passage('c', 'Something else entirely is said here.'),
      passage('b', other),
      passage('d', RULE.toUpperCase()),
    ]);
    expect(found.map(({ documentId }) => documentId)).toEqual(['a', 'c']);
    expect(found[0]?.duplicates.map(({ documentId }) => documentId)).toEqual(['b', 'd']);
  });

  it('takes texts with another figure for versions, which both are shown', () => {
    const newer = RULE.replace('18', '19');
    expect(collapseDuplicates([passage('a', RULE), passage('b', newer)])).toHaveLength(2);
  });

  it('keeps passages of one document apart, and empty ones too', () => {
    expect(collapseDuplicates([passage('a', RULE), passage('a', RULE)])).toHaveLength(2);
    expect(collapseDuplicates([passage('a', ''), passage('b', '')])).toHaveLength(1);
    expect(collapseDuplicates([])).toEqual([]);
  });
});

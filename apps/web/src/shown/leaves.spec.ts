import { describe, expect, it } from '@jest/globals';
import { leavesOf, touches } from './leaves.js';

describe('the leaves of arguments', () => {
  it('are all that they say, by JSON Pointer, empty ones too', () => {
    expect(leavesOf({ 'a/b': ['x', { c: 1 }], d: {}, e: [], f: null, '~': '' })).toEqual([
      { at: '/a~1b/0', value: 'x', inLists: [false, true] },
      { at: '/a~1b/1/c', value: 1, inLists: [false, true, false] },
      { at: '/d', value: {}, inLists: [false] },
      { at: '/e', value: [], inLists: [false] },
      { at: '/f', value: null, inLists: [false] },
      { at: '/~0', value: '', inLists: [false] },
    ]);
    expect(leavesOf('alone')).toEqual([{ at: '', value: 'alone', inLists: [] }]);
  });

  it('belong to a place that is inside or around them, not beside', () => {
    expect(touches('/to/0', '/to')).toBe(true);
    expect(touches('/to', '/to/0')).toBe(true);
    expect(touches('', '/to')).toBe(true);
    expect(touches('/to', '/total')).toBe(false);
  });
});

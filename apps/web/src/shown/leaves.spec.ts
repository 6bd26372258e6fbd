import { describe, expect, it } from '@jest/globals';
import { leavesOf, touches } from './leaves.js';

describe('the leaves of arguments', () => {
  it('are all that they say, by JSON Pointer, empty ones too', () => {
    expect(leavesOf({ 'a/b': ['x', { c: 1 }], d: {}, e: [], f: null, '~': '' })).toEqual([
      { at: '/a~1b/0', value: 'x' },
      { at: '/a~1b/1/c', value: 1 },
      { at: '/d', value: {} },
      { at: '/e', value: [] },
      { at: '/f', value: null },
      { at: '/~0', value: '' },
    ]);
    expect(leavesOf('alone')).toEqual([{ at: '', value: 'alone' }]);
  });

  it('belong to a place that is inside or around them, not beside', () => {
    expect(touches('/to/0', '/to')).toBe(true);
    expect(touches('/to', '/to/0')).toBe(true);
    expect(touches('', '/to')).toBe(true);
    expect(touches('/to', '/total')).toBe(false);
  });
});

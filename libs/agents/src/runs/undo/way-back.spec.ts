import { describe, expect, it } from '@jest/globals';
import { argumentsFrom } from './way-back.js';

const CALL = {
  input: { path: 'a.txt', names: [] },
  result: { made: [{ name: 'x' }, { name: 'y' }], part: [{ name: 'x' }, {}] },
  former: { content: 'before' },
};

describe('the arguments of a way back', () => {
  it.each<[string, Record<string, unknown>, Record<string, unknown> | undefined]>([
    [
      'places of what was journaled',
      { '/a': '$input/path', '/b': '$former/content', '/c': 4 },
      { a: 'a.txt', b: 'before', c: 4 },
    ],
    ['every element of a list', { '/names': '$result/made/*/name' }, { names: ['x', 'y'] }],
    ['every element of an empty list', { '/names': '$input/names/*/name' }, { names: [] }],
    ['an element of a list that is made', { '/of/0/name': '$input/path' }, { of: [{ name: 'a.txt' }] }],
    ['a text that only looks like a place', { '/a': '$inputs/path' }, { a: '$inputs/path' }],
    ['what one element lacks', { '/names': '$result/part/*/name' }, undefined],
    ['elements of what is no list', { '/names': '$input/path/*/name' }, undefined],
    ['what is not there', { '/a': '$result/gone' }, undefined],
  ])('are made of %s', (_, template, expected) => {
    expect(argumentsFrom(template, CALL)).toEqual(expected);
  });
});

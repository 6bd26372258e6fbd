import { expect, it } from '@jest/globals';
import { sayPlaces } from './say-place.js';

const said = (...places: [at: string, ...inLists: boolean[]][]): string[] => [
  ...sayPlaces(places.map(([at, ...inLists]) => ({ at, inLists }))).values(),
];

it('the place of an argument is said as people read it', () => {
  expect(
    said(
      ['/subject', false],
      ['/entities/0/entityType', false, true, false],
      ['/entities/1/observations/11', false, true, false, true],
      ['/a~1b/~0c', false, false],
    ),
  ).toEqual(['subject', 'entities, no. 1: entity type', 'entities, no. 2: observations, no. 12', 'a/b: ~c']);
  expect(said([''])).toEqual(['']);
});

it('a number is a place in a list only where there is one', () => {
  expect(said(['/budgets/2024', false, false], ['/accounts/004711/limit', false, false, false])).toEqual([
    'budgets: 2024',
    'accounts: 004711: limit',
  ]);
});

it('where two would be said alike, all are said as they are', () => {
  expect(said(['/due_date', false], ['/dueDate', false], ['/a b', false])).toEqual([
    'due_date',
    'dueDate',
    'a b',
  ]);
  expect(said(['/a/b', false, false], ['/a: b', false], ['/a~1b', false])).toEqual(['a/b', 'a: b', 'a~1b']);
});
